"""Parts of the story on an accelerator that a host lends by the call: all of a part in one call, in another process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import engine
from app.state.parts import PARTS, Computed, Question, Row, rows_computed


class Lent:
    """The parts of stories on one model; `lend` wraps the function that needs the accelerator."""

    def __init__(self, backbone: engine.Backbone, lend: Callable) -> None:
        def compute(
            recipe: engine.story.Recipe, about: int | None, against: int | None, name: str, known: dict[str, Any]
        ) -> Iterator[Computed]:
            results = engine.story.Results()
            for key, result in known.items():
                results.put(key, result)
            yield from rows_computed(Question(engine.story.Story(backbone, recipe, results), about, against), name)

        self._compute = lend(compute)

    def compute(self, question: Question, name: str) -> Iterator[Computed]:
        """As `rows_computed`; what the other process finds is held here."""
        story, last = question.story, None
        known = _known(question)
        for request, item in self._compute(story.recipe, question.about, question.against, name, known):
            if last is not None and last[0] != request:
                self._keep(story, *last)
            last = None if request is None else (request, item)
            yield request, item

    @staticmethod
    def _keep(story: engine.story.Story, request: engine.story.Request, result: Any) -> None:
        story.results.put(story.key(request), result, story.owner)


def _known(question: Question) -> dict[str, Any]:
    """All results on this question that are held, and those that what is missing next needs, by key."""
    story, found = question.story, {}
    for part in PARTS.values():
        for wanted in part.wanted(question):
            row = Row(wanted).advance(story)
            needs = () if row.request is None else row.request.needs(story.recipe).values()
            for request in (*row.given, *needs):
                if request in story:
                    found[story.key(request)] = story.results[story.key(request)]
    return found
