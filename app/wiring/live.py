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

SECONDS = 3.0  # that all that is computed at once may take, as far as is known; an attack is drawn meanwhile
ALWAYS = (engine.story.Clean, engine.story.Map, engine.story.Weighted)  # where all that they need is there
REMEMBERED = 5  # results of each model that its pace is taken from
TIMED = (engine.story.Clean(), engine.story.Attack(), engine.story.Map())  # whose seconds tell how fast the model is


class Pace:
    """Seconds that a pass through each model takes, by what was computed last; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, OrderedDict[str, tuple[float, float]]] = {}  # by model and key of a result

    def note(self, question: Question) -> None:
        """Learn from those results that are held."""
        story = question.story
        for request in TIMED:
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

    Without `live` that is what looking at the picture takes: its answer, other maps, other weights. With it, whatever
    takes less than `SECONDS` in all at the `pace` of the model. Raises what computing raises.
    """
    left, each = SECONDS if live else 0.0, pace.of(question)
    for name, part in PARTS.items():
        if name in visitor.asked and not (part.in_rows and _lacking(question, part) * each > left):
            further = False
            for wanted in part.wanted(question):
                seconds = yield from _advanced(question, name, wanted, left, each)
                left, further = left - (seconds or 0.0), further or seconds is not None
            if further:
                yield name, None


def _lacking(question: Question, part: Part) -> float:
    """The passes through the model for what is missing first in each row of a part, where no row counts alone."""
    story = question.story
    lacking = (Row(wanted).advance(story).request for wanted in part.wanted(question))
    return sum(engine.story.cost_of(story, request) for request in lacking if request is not None)


def _advanced(
    question: Question, name: str, wanted: Wanted, most: float, pace: float
) -> Generator[tuple[str, Any], None, float | None]:
    """The seconds that computing was to take of all that the generator, of the part `name`, asks for and that was
    missing; None where nothing was computed."""
    story, spent, row = question.story, None, Row(wanted)
    while (request := row.advance(story).request) is not None:
        seconds = engine.story.cost_of(story, request) * pace
        if seconds > most - (spent or 0.0) and not _is_looking(question, request):
            break
        spent, item = (spent or 0.0) + seconds, None
        for _, item in question.ask(request):
            yield name, item
        row.give(item)
    return spent


def _is_looking(question: Question, request: engine.story.Request) -> bool:
    needs = request.needs(question.story.recipe).values()
    return isinstance(request, ALWAYS) and all(need in question.story for need in needs)
