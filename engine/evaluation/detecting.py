"""How well a score tells attacked pictures from clean ones: ROC, AUROC with interval, what is caught at a threshold.

Clean and attacked pictures come in pairs, and the draws of the intervals are of pictures, so that both go together.
Attacked counts as positive, and a higher score is more suspicious. All pictures count, whether the attack fooled the
model or not; what is `fooled and unnoticed` is told beside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from .calibration import auroc, between, drawn
from .plan import CLEAN
from .records import Answered

ALARMS = 0.05  # the share of clean pictures that a threshold is to flag by mistake, at most
GRID = 50  # steps of the false alarms at which the ROC is told


class Detector:
    """One score of the same n pictures, `clean` (n,) and `other` (n,): attacked, or what else they are told from."""

    def __init__(self, clean: Sequence[float] | np.ndarray, other: Sequence[float] | np.ndarray) -> None:
        self.clean, self.other = np.asarray(clean, float), np.asarray(other, float)

    @cached_property
    def auroc(self) -> tuple[float, float, float]:
        """How often the other picture has a higher score than a clean one, ties counted half, and a 95 % interval."""
        both = np.concatenate([self.clean, self.other])
        order = both.argsort(kind="stable")
        positive = np.repeat([0.0, 1.0], len(self.clean))[order]

        def of(counts: np.ndarray) -> np.ndarray:
            return auroc(both[order], positive, np.concatenate([counts, counts], 1)[:, order])

        draws = np.concatenate([of(counts) for counts in drawn(len(self.clean))])
        return between(float(of(np.ones((1, len(self.clean))))[0]), draws, 0.0)

    @cached_property
    def threshold(self) -> float:
        """The least score above which at most `ALARMS` of the clean pictures lie."""
        return self.threshold_at(ALARMS)

    def threshold_at(self, alarms: float) -> float:
        """The least score of a clean picture above which at most such a share of them lies."""
        allowed = int(alarms * len(self.clean) + 1e-9)
        return float(np.sort(self.clean)[::-1][min(allowed, len(self.clean) - 1)])

    def caught(self, threshold: float) -> float:
        """The share of the other pictures above a threshold."""
        return float((self.other > threshold).mean())

    def alarms(self, score: float) -> float:
        """The share of clean pictures with so high a score or a higher one."""
        return float((self.clean >= score).mean())

    def roc(self) -> list[list[float]]:
        """Shares of clean and of other pictures above every threshold, from (0, 0) to (1, 1)."""
        found = [[0.0, 0.0]]
        for alarms in np.linspace(0, 1, GRID + 1)[:-1]:
            level = self.threshold_at(float(alarms))
            found.append([float((self.clean > level).mean()), self.caught(level)])
        return [[round(value, 4) for value in point] for point in [*found, [1.0, 1.0]]]

    def document(self) -> dict:
        """All of it as plain data, rounded."""
        value, low, high = (round(number, 4) for number in self.auroc)
        caught = round(self.caught(self.threshold), 4)
        return {"auroc": value, "auroc_interval": [low, high], "threshold": round(self.threshold, 6), "caught": caught}


def detection(collected: Sequence[Answered]) -> dict:
    """What the scores of records tell, by arm and score, the noise among the arms; of attacked arms also the share of
    pictures that are `unnoticed`: right when clean, fooled, and at no score above its threshold.
    """
    records = [one.record for one in collected]
    of = {arm: {name: [one["scores"][arm][name] for one in records] for name in found}
          for arm, found in records[0]["scores"].items()}  # fmt: skip
    return {arm: _of_arm(of[CLEAN], scores, _fooled(records, arm)) for arm, scores in of.items() if arm != CLEAN}


def _fooled(records: Sequence[dict], arm: str) -> list[bool] | None:
    """Which pictures the arm fools the model on; None for one that nobody answers."""
    return [is_fooled(one, arm) for one in records] if arm in records[0]["arms"] else None


def is_fooled(record: dict, arm: str) -> bool:
    """Whether the model, without a defence, answers the clean picture of a record right and that of the arm wrong."""
    return record["arms"][CLEAN]["clip"]["right"] and not record["arms"][arm]["clip"]["right"]


def _of_arm(clean: Mapping[str, list[float]], other: Mapping[str, list[float]], fooled: list[bool] | None) -> dict:
    detectors = {name: Detector(clean[name], other[name]) for name in other}
    scores = {name: one.document() | {"roc": one.roc()} for name, one in detectors.items()}
    if fooled is None:
        return {"scores": scores}
    return {"scores": scores, "fooled": sum(fooled), "unnoticed": unnoticed([*detectors.values()], fooled)}


def unnoticed(detectors: Sequence[Detector], fooled: Sequence[bool] | np.ndarray) -> int:
    """How many of the other pictures fooled the model, and are above the threshold of none of the scores."""
    noticed = np.any([one.other > one.threshold for one in detectors], 0)
    return int((np.asarray(fooled) & ~noticed).sum())
