"""What is computed at once when a control has moved: parts that were asked for, as far as they are cheap."""

from __future__ import annotations

from collections.abc import Iterator

import engine
from app.state.parts import PARTS, Question, Wanted
from app.state.visitors import Visitor

CHEAP = (engine.story.Clean, engine.story.Map, engine.story.Weighted)


def caught_up(question: Question, visitor: Visitor) -> Iterator[str]:
    """Compute what is cheap and missing of all that the visitor has asked for; the names of parts that came further.

    Raises what computing raises.
    """
    for name, part in PARTS.items():
        if name in visitor.asked and sum(_advanced(question, wanted) for wanted in part.wanted(question)):
            yield name


def _advanced(question: Question, wanted: Wanted) -> bool:
    """Whether anything that the generator asks for was missing and has been computed."""
    story, advanced = question.story, False
    try:
        request = next(wanted)
        while True:
            if request not in story:
                if not _is_cheap(question, request):
                    wanted.close()
                    return advanced
                advanced = True
            request = wanted.send(story.result(request))
    except StopIteration:
        return advanced


def _is_cheap(question: Question, request: engine.story.Request) -> bool:
    needs = request.needs(question.story.recipe).values()
    return isinstance(request, CHEAP) and all(need in question.story for need in needs)
