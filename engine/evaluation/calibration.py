"""How far confidences can be trusted: calibration errors, the reliability diagram, and what confidence tells of truth.

Letters: n pictures, m draws, b bins. Confidences are shares between 0 and 1, `right` says whether the answer is the
true class. An interval is a 95 % one from `DRAWS` draws of as many pictures, with replacement; the same draws serve all
defences, so that differences are paired. Few pictures alone make a calibration error, and drawing them again makes
more of it: so the interval is mirrored at the measured value (the basic bootstrap, Davison & Hinkley, 1997, section
5.2), may lie below it, and tells nothing of an error that is no larger than `calibrated`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import repeat

import numpy as np

BINS = 15  # of equal width (Guo et al., ICML 2017), and for the adaptive error of equally many pictures
DRAWS, SEED = 2000, 0
TOGETHER = 3_000_000  # pictures in draws that are made at once


@dataclass(frozen=True, slots=True)
class Bin:
    """The pictures whose confidence is above `low` and at most `high`: how many, and their mean `confidence` and
    `accuracy`, both nan where there are none.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


class Calibration:
    """Of one defence in one arm: `confidence` (n,) and `right` (n,) of the same pictures in every arm."""

    def __init__(self, confidence: Sequence[float], right: Sequence[bool]) -> None:
        self.confidence = np.asarray(confidence, float)
        self.right = np.asarray(right, float)

    def document(self) -> dict:
        """All of it as plain data, rounded to four digits; what cannot be told is None.

        Each of `MEASURES` with its interval; `calibrated`, up to which even confidences that keep their word may err;
        and the `reliability`: of each bin how many pictures, their mean confidence and their accuracy.
        """
        found: dict = {}
        for name in MEASURES:
            value, low, high = (_plain(number) for number in self.measured(name))
            found |= {name: value, f"{name}_interval": None if low is None else [low, high]}
        bins = [[one.count, _plain(one.confidence), _plain(one.accuracy)] for one in self.reliability()]
        return found | {"calibrated": _plain(self.calibrated), "reliability": bins}

    def measured(self, name: str) -> tuple[float, float, float]:
        """One of `MEASURES` and the ends of its interval; nan where it cannot be told."""
        return between(self.values[name], self.draws[name], 0.0)

    def against(self, other: Calibration, name: str) -> tuple[float, float, float]:
        """The measure minus that of another defence on the same pictures, and the ends of its interval."""
        return between(self.values[name] - other.values[name], self.draws[name] - other.draws[name], -1.0)

    @cached_property
    def values(self) -> dict[str, float]:
        """The measures of the pictures themselves."""
        return {name: float(found[0]) for name, found in self._of(np.ones((1, len(self.right)))).items()}

    @cached_property
    def draws(self) -> dict[str, np.ndarray]:
        """The measures of each of the draws, (m,)."""
        parts = [self._of(counts) for counts in drawn(len(self.right))]
        return {name: np.concatenate([part[name] for part in parts]) for name in MEASURES}

    def _of(self, counts: np.ndarray) -> dict[str, np.ndarray]:
        """The measures (m,) where each picture counts as often as `counts` (m, n) says."""
        ordered = counts[:, self._order]
        surer = auroc(self.confidence[self._order], self.right[self._order], ordered)
        return {"ece": self._ece(counts), "adaptive_ece": self._adaptive(ordered), "auroc": surer}

    def reliability(self) -> list[Bin]:
        """The `BINS` bins of equal width, the lowest confidence first."""
        found = []
        for place in range(BINS):
            inside = self._places == place
            count = int(inside.sum())
            means = [float(values[inside].mean()) if count else np.nan for values in (self.confidence, self.right)]
            found.append(Bin(place / BINS, (place + 1) / BINS, count, means[0], means[1]))
        return found

    @cached_property
    def calibrated(self) -> float:
        """The calibration error on so few pictures that 95 % of models with these confidences stay below that are right
        as often as they say."""
        rng = np.random.default_rng(SEED)
        found = []
        for size in _sizes(len(self.right)):
            gaps = (rng.random((size, len(self.right))) < self.confidence) - self.confidence
            found.append(np.abs(gaps @ self._of_bins).sum(-1) / len(self.right))
        return float(np.quantile(np.concatenate(found), 0.95))

    @cached_property
    def _places(self) -> np.ndarray:
        """The bin of equal width (n,) of each picture."""
        return (np.ceil(self.confidence * BINS) - 1).clip(0, BINS - 1).astype(int)

    @cached_property
    def _of_bins(self) -> np.ndarray:
        """Whether each picture is in each bin, (n, b), as 0 and 1."""
        return np.eye(BINS)[self._places]

    @cached_property
    def _order(self) -> np.ndarray:
        return self.confidence.argsort(kind="stable")

    def _ece(self, counts: np.ndarray) -> np.ndarray:
        gaps = (self.right - self.confidence)[:, None] * self._of_bins
        return np.abs(counts @ gaps.astype(counts.dtype)).sum(-1) / len(self.right)

    def _adaptive(self, counts: np.ndarray) -> np.ndarray:
        """With bins that end where, in order of confidence, each next 1/b of the pictures begins, between two of them
        in proportion; equal confidences stay in one bin, and the least of all is in the first.
        """
        total, confidence = len(self.right), self.confidence[self._order]
        gaps = np.zeros((len(counts), total + 1))
        (counts * (self.right[self._order] - confidence)).cumsum(-1, out=gaps[:, 1:])
        edges = total * np.arange(1, BINS) / BINS
        below = edges.astype(int)
        first, second = confidence[_picked(counts, np.stack([below, np.minimum(below + 1, total - 1)]))]
        ends = confidence.searchsorted(first + (edges - below) * (second - first), "right")
        least, most = np.zeros((len(counts), 1), int), np.full((len(counts), 1), total)
        sums = np.take_along_axis(gaps, np.concatenate([least, ends, most], 1), -1)
        return np.abs(np.diff(sums)).sum(-1) / total


MEASURES = ("ece", "adaptive_ece", "auroc")


def auroc(values: np.ndarray, positive: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """How often (m,) one of the `positive` (n,) has a larger value than one of the others, equal ones counted half
    (Mann-Whitney), where each of the ascending `values` (n,) counts as often as `counts` (m, n) says; nan where there
    are none of one kind.
    """
    _, starts = np.unique(values, return_index=True)
    of_positive = counts * positive.astype(counts.dtype)
    above, below = (np.add.reduceat(each, starts, axis=-1) for each in (of_positive, counts - of_positive))
    larger = np.einsum("mg,mg->m", above, below.cumsum(-1) - below / 2)
    pairs = above.sum(-1) * below.sum(-1)
    return np.divide(larger, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)


def drawn(pictures: int) -> Iterator[np.ndarray]:
    """How often each of so many pictures is in each of `DRAWS` draws, (m, n) a part; the same every time."""
    sizes = _sizes(pictures)
    return map(_kept_part if len(sizes) == 1 else _part, sizes, range(len(sizes)), repeat(pictures))


def _sizes(pictures: int) -> list[int]:
    """How many draws are made at once, so that they fit into memory."""
    most = max(1, TOGETHER // pictures)
    return [min(most, DRAWS - begun) for begun in range(0, DRAWS, most)]


def _part(size: int, number: int, pictures: int) -> np.ndarray:
    chosen = np.random.default_rng((SEED, number)).integers(pictures, size=(size, pictures))
    chosen += np.arange(size)[:, None] * pictures
    return np.bincount(chosen.ravel(), minlength=size * pictures).reshape(size, pictures).astype(np.float32)


_kept_part = lru_cache(maxsize=2)(_part)


def _picked(counts: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Which of n pictures, each as often in a draw as `counts` (m, n) says, stands at each of `places` (r, k), (r, m,
    k)."""
    total = counts.shape[-1]
    begun = np.arange(len(counts))[:, None] * total
    reached = (counts.cumsum(-1, dtype=np.int64) + begun).ravel()
    return reached.searchsorted(begun + places[:, None], "right") - begun


def between(value: float, draws: np.ndarray, least: float) -> tuple[float, float, float]:
    """A value and the ends of its interval within `least` and 1; nan where it cannot be told."""
    counted = draws[np.isfinite(draws)]
    if not np.isfinite(value) or not len(counted):
        return np.nan, np.nan, np.nan
    low, high = 2 * value - np.quantile(counted, [0.975, 0.025])
    return value, float(max(low, least)), float(min(high, 1.0))


def _plain(number: float) -> float | None:
    return round(float(number), 4) if np.isfinite(number) else None
