"""Scores of many pictures, kept: how detection scores are spread on one model, so that one picture's can be judged."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ..assets import ASSETS
from ..errors import require
from ..files import read_json
from .detecting import Detector, is_fooled, unnoticed
from .plan import CLEAN
from .records import Answered

FOLDER = ASSETS / "measured" / "detection"
UNIT = 1e-4  # of the whole numbers that scores are kept as
_NEEDED = {"model": str, "fingerprint": str, "pictures": int, "attacks": dict, "scores": dict, "fooled": dict}


@dataclass(frozen=True, eq=False, slots=True)
class Reference:
    """Of n pictures on the model with this `fingerprint`: by arm and score the scores (n,), by attacked arm which of
    them `fooled` the model (n,), right when clean and now wrong, and its settings as plain data. The clean pictures are
    an arm, and so is noise.
    """

    model: str
    fingerprint: str
    pictures: int
    attacks: dict[str, dict]
    scores: dict[str, dict[str, np.ndarray]]
    fooled: dict[str, np.ndarray]

    def detector(self, arm: str, score: str) -> Detector:
        """How well the score tells the pictures of that arm from the clean ones."""
        return Detector(self.scores[CLEAN][score], self.scores[arm][score])

    def unnoticed(self, arm: str) -> int:
        """How many pictures of an attacked arm fooled the model, and are above the threshold of no score."""
        return unnoticed([self.detector(arm, name) for name in self.scores[arm]], self.fooled[arm])


@dataclass(frozen=True, slots=True)
class Judged:
    """What a score of one picture is worth: the share of clean pictures with so high a score, which would be false
    `alarms`, and whether it lies above the `threshold` that 5 % of them are above."""

    alarms: float
    threshold: float
    flagged: bool


def judged(known: Sequence[Reference], scores: Mapping[str, float]) -> dict[str, Judged]:
    """The scores of one picture beside those of the first reference's clean pictures; empty without a reference."""
    found = {}
    for name, value in scores.items() if known else ():
        clean = known[0].detector(CLEAN, name)
        found[name] = Judged(clean.alarms(value), clean.threshold, value > clean.threshold)
    return found


def reference_data(known: Sequence[Reference]) -> list[dict]:
    """What references tell, as plain data: how many pictures, how they were attacked, and of every arm and score the
    AUROC with its interval and what is caught at 5 % false alarms; of attacked arms how many pictures fooled the model,
    and how many of those are above no threshold."""
    return [{"pictures": one.pictures, "attacks": one.attacks, "arms": _arms(one)} for one in known]


def _arms(one: Reference) -> dict:
    arms = {}
    for arm in (arm for arm in one.scores if arm != CLEAN):
        scores = {name: one.detector(arm, name).document() for name in one.scores[arm]}
        fooled = {"fooled": int(one.fooled[arm].sum()), "unnoticed": one.unnoticed(arm)} if arm in one.fooled else {}
        arms[arm] = {"scores": scores} | fooled
    return arms


def scores_document(asked: dict, collected: Sequence[Answered]) -> dict:
    """What `reference_of` reads, made of the plan and the records of an evaluation that detected."""
    records = [one.record for one in collected]
    arms = {arm: list(scores) for arm, scores in records[0]["scores"].items()} if records else {}
    return {
        **{name: asked[name] for name in ("model", "fingerprint", "source", "series", "seed") if name in asked},
        "pictures": len(records),
        "attacks": asked["attacks"],
        "fooled": {arm: "".join(str(int(is_fooled(one, arm))) for one in records) for arm in asked["attacks"]},
        "scores": {
            arm: {name: [round(one["scores"][arm][name] / UNIT) for one in records] for name in names}
            for arm, names in arms.items()
        },
    }


def write_scores(document: dict, path: Path) -> None:
    """As JSON, the numbers of a score in one line."""
    path.write_text(json.dumps(document, separators=(",", ":")).replace('":[', '":\n[') + "\n", encoding="utf-8")


@cache
def references(fingerprint: str, folder: Path = FOLDER) -> tuple[Reference, ...]:
    """The kept references of the model with this fingerprint; none for any other model."""
    found = [reference_of(path) for path in sorted(folder.glob("*.json"))] if folder.is_dir() else []
    return tuple(one for one in found if one.fingerprint == fingerprint)


def reference_of(path: Path) -> Reference:
    """The reference in a file. Raises `EngineError` for a file that is none."""
    held = read_json(path, "scores of an evaluation")
    whole = isinstance(held, dict) and all(isinstance(held.get(name), kind) for name, kind in _NEEDED.items())
    require(whole, f"Expected scores of an evaluation; “{path}” is damaged.")
    scores = {
        arm: {name: np.asarray(values) * UNIT for name, values in one.items()} for arm, one in held["scores"].items()
    }
    fooled = {arm: np.array([sign == "1" for sign in signs]) for arm, signs in held["fooled"].items()}
    return Reference(held["model"], held["fingerprint"], held["pictures"], held["attacks"], scores, fooled)
