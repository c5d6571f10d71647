"""What is computed at once when a control has moved: parts that were asked for, as far as they take little time."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Generator, Iterator
from typing import Any

import engine
from app.state.parts import PARTS, Part, Question, Row, Wanted
from app.state.visitors import Visitor

SECONDS = 2.0  # that all that is computed at once may take, as far as is known
CLIMB = 12.0  # seconds that an attack may take beside: it is drawn while it climbs
ALWAYS = (engine.story.Clean, engine.story.Weighted)  # computed also where nothing is live, if what they need is there
LOOKS = (engine.story.Map, engine.story.Guide)  # computed where anything is live, likewise, whatever they take
REMEMBERED = 5  # results of each model that its pace is taken from


class Pace:
    """Seconds that a pass through each model takes, by what was computed last; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, OrderedDict[str, tuple[float, float]]] = {}  # by model and key of a result

    def note(self, question: Question) -> None:
        """Learn from those results that are held of answer, attack and map."""
        story = question.story
        for request in (engine.story.Clean(), engine.story.Attack(), engine.story.Map(question.known)):
            key = story.key(request)
            try:
                seconds = story.results.seconds(key)
            except KeyError:
                continue
            if math.isnan(seconds):
                continue  # of a result from another process
            with self._lock:
                known = self._known.setdefault(story.backbone.name, OrderedDict())
                if key not in known:
                    known[key] = seconds, request.cost(story.backbone, story.recipe)
                    while len(known) > REMEMBERED:
                        known.popitem(last=False)

    def of(self, question: Question) -> float:
        """For this question's model, all passes of its results alike; a second where nothing was computed yet."""
        with self._lock:
            known = self._known.get(question.story.backbone.name, {"": (1.0, 1.0)}).values()
            return sum(seconds for seconds, _ in known) / sum(passes for _, passes in known)


def caught_up(question: Question, visitor: Visitor, pace: Pace, live: bool) -> Iterator[tuple[str, Any]]:
    """Compute what is missing of all that the visitor has asked for, part by part: whatever comes on the way, each with
    the name of the part, and last None where the part has come further.

    Without `live` that is the picture's answer, and other weights. With it, another map, an attack of less than `CLIMB`
    seconds at the `pace` of the model, and whatever else takes less than `SECONDS` in all. Raises what
    computing raises.
    """
    allowed, each = _Allowed(live), pace.of(question)
    for name, part in PARTS.items():
        if name in visitor.asked and not (part.in_rows and _lacking(question, part) * each > allowed.seconds):
            further = False
            for wanted in part.wanted(question):
                further = (yield from _advanced(question, name, wanted, allowed, each)) or further
            if further:
                yield name, None


class _Allowed:
    """The seconds that are left for all that is computed at once, and those of an attack."""

    def __init__(self, live: bool) -> None:
        self.seconds, self.climb = (SECONDS, CLIMB) if live else (0.0, 0.0)
        self.looks = (*ALWAYS, *LOOKS) if live else ALWAYS

    def spends(self, request: engine.story.Request, seconds: float) -> bool:
        """Whether there is room for the request, which is then taken."""
        if isinstance(request, engine.story.Attack):
            return seconds <= self.climb
        if seconds > self.seconds:
            return False
        self.seconds -= seconds
        return True


def _lacking(question: Question, part: Part) -> float:
    """The passes through the model for what is missing first in each row of a part, where no row counts alone."""
    story = question.story
    lacking = (Row(wanted).advance(story).request for wanted in part.wanted(question))
    return sum(engine.story.cost_of(story, request) for request in lacking if request is not None)


def _advanced(
    question: Question, name: str, wanted: Wanted, allowed: _Allowed, pace: float
) -> Generator[tuple[str, Any], None, bool]:
    """Whether anything was computed of all that the generator, of the part `name`, asks for and that was missing."""
    story, further, row = question.story, False, Row(wanted)
    while (request := row.advance(story).request) is not None:
        seconds = engine.story.cost_of(story, request) * pace
        if not (allowed.spends(request, seconds) or _is_looking(question, request, allowed.looks)):
            break
        further, item = True, None
        for _, item in question.ask(request):
            yield name, item
        row.give(item)
    return further


def _is_looking(question: Question, request: engine.story.Request, looks: tuple[type, ...]) -> bool:
    needs = request.needs(question.story.recipe).values()
    return isinstance(request, looks) and all(need in question.story for need in needs)
