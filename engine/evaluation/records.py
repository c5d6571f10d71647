"""One picture answered by every defence in every arm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ..datasets.base import Question
from ..defences.defend import defend
from ..models import Backbone
from ..results import Prediction
from .plan import CLEAN, Plan, arm_name
from .store import attacked


@dataclass(frozen=True, slots=True)
class Answered:
    """The result of one picture as plain data: the record, which is the same in every run, and the seconds, which are
    not.

    `seconds` has `attacks` (arm -> seconds, only of those made now) and `defences` (arm -> defence -> seconds it would
    take alone).
    """

    record: dict
    seconds: dict


def answer_question(
    backbone: Backbone, question: Question, index: int, plan: Plan, cache: Path | None = None
) -> Answered:
    """The answers of all defences to one picture in every arm; numbers of the record are rounded to six digits.
    `blind` in the record, where it is there, lists the arms whose attack was blind, as in `Adversarial`.

    Attacked pictures are read from the folder `cache` where they are, else made and kept there (None: not kept).
    """
    pixels = backbone.prepare(question.image)
    arms, made, blind = {CLEAN: pixels}, {}, []
    for wanted in plan.attacks:
        name = arm_name(wanted)
        seeded = replace(wanted, seed=plan.seed_for(index))
        arms[name], seconds, saw_nothing = attacked(backbone, pixels, question, seeded, cache)
        if seconds is not None:
            made[name] = round(seconds, 4)
        if saw_nothing:
            blind.append(name)
    answers, taken = {}, {}
    for name, picture in arms.items():
        defences = list(defend(backbone, picture, question.classes, plan.settings_for(index, name)))
        answers[name] = {d.defence: _answer(d.prediction, question.label) for d in defences}
        taken[name] = {d.defence: round(d.seconds, 4) for d in defences}
    names = question.classes.names
    record = {"index": index, "key": question.key, "group": question.group, "truth": names[question.label]}
    record |= {"arms": answers} | ({"blind": blind} if blind else {})
    return Answered(record, {"index": index, "attacks": made, "defences": taken})


def _answer(prediction: Prediction, label: int) -> dict:
    return {
        "answer": prediction.name,
        "right": prediction.label == label,
        "confidence": round(prediction.confidence, 6),
        "entropy": round(prediction.entropy, 6),
    }
