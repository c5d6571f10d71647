"""One question put to a model: a fresh held-out specimen, its picture, and a fine-grained label set around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...classes import Classes
from .captions import describe
from .labels import label_set
from .render import Painting, paint
from .specimens import Specimen, random_specimen

LABELS = 40


@dataclass(frozen=True, eq=False, slots=True)
class PaintedQuestion:
    """A painting, the classes it may be (all of its kind, near neighbours among them), and the true one's index."""

    painting: Painting
    classes: Classes
    truth: int


def make_question(seed: int, index: int, kind: str | None = None, labels: int = LABELS) -> PaintedQuestion:
    """Question `index` of the series `seed`: the same on every machine, whatever other questions are made.

    The specimen's combination of attributes is held out from training; `kind` fixes its kind.
    """
    rng = np.random.default_rng((seed, index))
    return ask_about(random_specimen(rng, kind, held_out=True), rng, labels)


def ask_about(specimen: Specimen, rng: np.random.Generator, labels: int = LABELS) -> PaintedQuestion:
    """A question about this very specimen; `rng` decides its scene and its rivals."""
    painting = paint(specimen, int(rng.integers(2**31)))
    candidates = label_set(specimen, rng, labels)
    names = tuple(describe(candidate, 3).phrase() for candidate in candidates)
    return PaintedQuestion(painting, Classes(names), candidates.index(specimen))
