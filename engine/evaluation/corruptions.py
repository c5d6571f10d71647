"""What an evaluation of ordinary damage says of every kind: the mean over its severities, and the error beside CLIP's.

Hendrycks and Dietterich (ICLR 2019) divide a model's errors by those of a reference, summed over the severities of a
kind: CE = sum E / sum E_ref. Relative CE first takes off the error on clean pictures on either side. Their reference is
AlexNet on ImageNet-C, whose errors say nothing of other pictures, so that here it is CLIP without a defence on the same
pictures; the mean over kinds is then no mCE.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .plan import CLEAN
from .records import Answered

PREFIX, REFERENCE = "corruption-", "clip"
DRAWS = 2000  # of the bootstrap over the pictures


def kinds(arms: Sequence[str]) -> dict[str, dict[int, str]]:
    """The arms of ordinary damage, by kind and then by severity."""
    found: dict[str, dict[int, str]] = {}
    for arm in arms:
        kind, _, severity = arm.removeprefix(PREFIX).rpartition("-")
        if arm.startswith(PREFIX) and severity.isdigit():
            found.setdefault(kind, {})[int(severity)] = arm
    return found


def summarise_corruptions(collected: Sequence[Answered]) -> dict:
    """As `corruptions`, by kind its `severities`, and of every defence the mean `accuracy` over them, `error` and
    `relative_error` beside CLIP's, each with the 95 % `interval` of a bootstrap over the pictures; `mean` has the mean
    over the kinds. An error is None where CLIP makes none, a relative one where CLIP gets no worse, or where a defence
    did not answer the clean pictures. Empty without such arms.
    """
    by_kind = kinds([*collected[0].record["arms"]]) if collected else {}
    if not by_kind:
        return {}
    defences = list(collected[0].record["arms"][next(iter(next(iter(by_kind.values())).values()))])
    clean = {name: _right(collected, [CLEAN], name) for name in defences if name in collected[0].record["arms"][CLEAN]}
    draws = np.random.default_rng(0).integers(len(collected), size=(DRAWS, len(collected)))
    found: dict = {"kinds": {}, "mean": {}}
    parts: dict[str, list[dict[str, np.ndarray]]] = {name: [] for name in defences}
    for kind, arms in by_kind.items():
        reference = _right(collected, [*arms.values()], REFERENCE)
        rows = {}
        for name in defences:
            own = _right(collected, [*arms.values()], name)
            numbers = _numbers(own, reference, clean.get(name), clean[REFERENCE], draws)
            parts[name].append(numbers)
            rows[name] = _rounded(numbers)
        found["kinds"][kind] = {"severities": sorted(arms), "defences": rows}
    for name, every in parts.items():
        found["mean"][name] = _rounded({one: np.mean([part[one] for part in every], 0) for one in every[0]})
    return {"corruptions": found}


def _right(collected: Sequence[Answered], arms: Sequence[str], defence: str) -> np.ndarray:
    """Of every picture, the share of these arms in which the defence is right, (n,)."""
    answers = [[one.record["arms"][arm][defence]["right"] for arm in arms] for one in collected]
    return np.array(answers, dtype=float).mean(1)


def _numbers(
    own: np.ndarray, reference: np.ndarray, clean: np.ndarray | None, known: np.ndarray, draws: np.ndarray
) -> dict[str, np.ndarray]:
    """Each number of all pictures, and then of every draw of them; nan where it is not defined."""

    def means(right: np.ndarray) -> np.ndarray:
        return np.concatenate([[right.mean()], right[draws].mean(1)])

    right, other = means(own), means(reference)
    numbers = {"accuracy": right, "error": _over(1 - right, 1 - other)}
    if clean is None:
        return numbers | {"relative_error": np.full(len(right), np.nan)}
    return numbers | {"relative_error": _over(means(clean) - right, means(known) - other)}


def _over(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 1e-12, above / below, np.nan)


def _rounded(numbers: dict[str, np.ndarray]) -> dict:
    """Each number with its interval, rounded to four digits; without an interval where a draw has no number."""
    said: dict = {}
    for name, (value, *drawn) in numbers.items():
        ends = np.quantile(drawn, (0.025, 0.975)) if np.isfinite(drawn).all() else None
        said[name] = None if np.isnan(value) else round(float(value), 4)
        said[f"{name}_interval"] = None if ends is None else [round(float(end), 4) for end in ends]
    return said
