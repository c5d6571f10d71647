"""The Field Guide as a data set: numbered questions about fresh, held-out specimens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PIL import Image

from ..datasets.base import Question


@dataclass(frozen=True, slots=True)
class FieldGuideSeries:
    """`count` fresh held-out specimens of the series `seed`, each with a fine-grained label set of its own."""

    count: int
    seed: int

    def __len__(self) -> int:
        return self.count

    def key(self, index: int) -> str:
        """Series and number."""
        return _key(self.seed, index)

    def ask(self, index: int) -> Callable[[], Question]:
        """A painting and its forty candidates, grouped by kind."""
        return partial(_paint, self.seed, index)

    def recognises(self, index: int, record: dict) -> bool:
        """Always: a series is painted the same every time."""
        return True

    def document(self) -> dict:
        """The series."""
        return {"source": "fieldguide", "series": self.seed}


def _key(seed: int, index: int) -> str:
    return f"{seed}-{index}"


def _paint(seed: int, index: int) -> Question:
    from .world.questions import make_question  # paints, which needs OpenCV's system library

    question = make_question(seed, index)
    image = Image.fromarray(question.painting.pixels)
    return Question(_key(seed, index), image, question.classes, question.truth, question.painting.specimen.kind)
