"""Could one tell that it was attacked: the detection scores of the pictures of a story."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ..detection import scores_of
from ..models import Backbone
from ..results import Prediction
from .recipe import ATTACKED, CLEAN, NOISE

UNNOTICED = "unnoticed"  # a picture of a story: what an attacker makes of the clean one who knows the scores
PICTURES = (CLEAN, NOISE, ATTACKED, UNNOTICED)
UNNOTICED_ATTACK = "pgd-unnoticed"  # the attack that makes it


@dataclass(frozen=True, eq=False, slots=True)
class Suspected:
    """One picture: its `scores` by name, higher being more suspicious, and the model's answer; None where none is
    told."""

    scores: dict[str, float]
    answer: Prediction | None


@dataclass(frozen=True, eq=False, slots=True)
class Detection:
    """The `pictures` of a story by what they are, those of `PICTURES` that there are.

    `fingerprint` is the model's, `label` the number of the class that was attacked.
    """

    fingerprint: str
    label: int
    pictures: dict[str, Suspected]

    def fooled(self, name: str) -> bool:
        """Whether that picture is answered as another class than the attacked one."""
        answer = self.pictures[name].answer
        return answer is not None and answer.label != self.label


def suspected(backbone: Backbone, pixels: Tensor, seed: int, answer: Prediction | None) -> Suspected:
    """The scores of pixels (3, s, s) in [0, 1], whose noise is drawn by the seed."""
    return Suspected(scores_of(backbone, pixels, seed), answer)


def detection_data(found: Detection) -> dict:
    """The same as plain data: by picture the scores, and what the model answers."""
    return {name: _row(found, one) for name, one in found.pictures.items()}


def _row(found: Detection, one: Suspected) -> dict:
    return {"scores": one.scores, "answer": _answer(found, one.answer)}


def _answer(found: Detection, answer: Prediction | None) -> dict | None:
    if answer is None:
        return None
    return {"name": answer.name, "confidence": answer.confidence, "lead": answer.lead(found.label)}
