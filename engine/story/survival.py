"""Does an attack survive what happens to pictures: the answers behind each transformation, clean beside attacked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..classes import Classes
from ..models import Backbone
from ..models.predict import predict_each
from ..results import Prediction
from ..transformations import TRANSFORMATIONS

HELD, GONE, SPOILT, MISSED, TURNED = "held", "gone", "spoilt", "missed", "turned"


@dataclass(frozen=True, eq=False, slots=True)
class Survived:
    """The answers behind one transformation; empty `name`: behind none. `clean` is None where that picture is not
    known."""

    name: str
    clean: Prediction | None
    attacked: Prediction


@dataclass(frozen=True, eq=False, slots=True)
class Survival:
    """What became of an attack on class number `label` behind every transformation, the first of `rows` behind none."""

    label: int
    rows: tuple[Survived, ...]

    @property
    def fooled(self) -> bool:
        """Whether the attacked picture, as it is, is given another class."""
        return self.rows[0].attacked.label != self.label

    def outcome(self, row: Survived) -> str:
        """`HELD`: still wrong, where the clean picture behind the same transformation is right. `GONE`: right again.
        `SPOILT`: wrong, but so is the clean one, which says nothing of the attack. `MISSED`: the attack fooled nobody
        to begin with, and does not here. `TURNED`: it fooled nobody as it is, and does
        here, where the clean one is right.
        """
        if row.attacked.label == self.label:
            return GONE if self.fooled else MISSED
        if row.clean is not None and row.clean.label != self.label:
            return SPOILT
        return HELD if self.fooled else TURNED

    def counts(self) -> dict[str, int]:
        """How many transformations end so, of those with an outcome of each kind."""
        ends = [self.outcome(row) for row in self.rows[1:]]
        return {end: ends.count(end) for end in (HELD, GONE, SPOILT, MISSED, TURNED)}


def survival(backbone: Backbone, attacked: Tensor, clean: Tensor | None, classes: Classes, label: int) -> Survival:
    """Every transformation of `attacked` and, where it is known, of `clean`, both (3, s, s) in [0, 1], as 8 bits."""
    arms = [attacked] if clean is None else [attacked, clean]
    shown = torch.cat([_shown(pixels) for pixels in arms])
    answers = predict_each(backbone, shown, classes)
    names = ("", *TRANSFORMATIONS)
    after, before = answers[: len(names)], answers[len(names) :] or [None] * len(names)
    rows = zip(names, before, after, strict=True)
    return Survival(label, tuple(Survived(name, untouched, hit) for name, untouched, hit in rows))


def _shown(pixels: Tensor) -> Tensor:
    """The picture, then behind every transformation, (1 + n, 3, s, s)."""
    whole = (pixels.detach().cpu() * 255).round().byte().permute(1, 2, 0).numpy()
    pictures = [whole, *(one.work(whole) for one in TRANSFORMATIONS.values())]
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255


def survival_data(found: Survival) -> dict:
    """The same as plain data: by transformation the answers, the leads of the attacked class, and the outcome."""
    rows = {row.name or "none": _row(found, row) for row in found.rows}
    return {"outcomes": found.counts(), "transformations": rows}


def _row(found: Survival, row: Survived) -> dict:
    answers = {"clean": _answer(row.clean, found.label), "attacked": _answer(row.attacked, found.label)}
    return answers | ({"outcome": found.outcome(row)} if row.name else {})


def _answer(answer: Prediction | None, label: int) -> dict | None:
    if answer is None:
        return None
    return {"name": answer.name, "confidence": answer.confidence, "lead": answer.lead(label)}
