"""Statistics of records: accuracy with intervals, and differences between defences on the same pictures.

SciPy is imported where it is asked: it takes 0.8 s, and a process that makes records sums up none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache

from .plan import CLEAN
from .records import Answered


def summarise(collected: list[Answered], against: str | None = None) -> dict:
    """Plain data for every arm: `accuracy`, 95 % Wilson `intervals`, mean `seconds` a picture of every defence,
    `pairs` of every defence with the defence `against` (None: the last of the records), each with its p-value as
    `holm` corrects those of its arm, on how many pictures the attack was `blind`, as in `Adversarial`, and what
    `of_confidence` tells; of attacked arms the attack's `success`, as in `success`, on every defence that answered the
    clean pictures too.

    `detection`, where the records have scores, is what these tell, as `detecting.detection` has it.
    `attack_seconds` has the mean seconds per arm of the attacks that were made, not read, and `others`, where other
    models answered too, what `of_others` tells.
    """
    summary: dict = {"pictures": len(collected), "arms": {}}
    for arm, defences in collected[0].record["arms"].items() if collected else ():
        base = against if against is not None and against in defences else list(defences)[-1]
        right = {defence: [one.record["arms"][arm][defence]["right"] for one in collected] for defence in defences}
        taken = [one.seconds["defences"][arm] for one in collected if one.seconds]
        summary["arms"][arm] = {
            **shares(right),
            "seconds": {defence: _mean(seconds[defence] for seconds in taken) for defence in defences if taken},
            "pairs": _pairs(right, base),
            "blind": sum(arm in one.record.get("blind", ()) for one in collected),
            "success": {} if arm == CLEAN else _successes(collected, arm, right),
            **of_confidence([one.record["arms"][arm] for one in collected], base),
        }
    made = [one.seconds["attacks"] for one in collected if one.seconds]
    arms = sorted({arm for seconds in made for arm in seconds})
    summary |= {"attack_seconds": {arm: _mean(s[arm] for s in made if arm in s) for arm in arms}}
    summary |= {"others": of_others(collected)} if collected and "others" in collected[0].record else {}
    return summary | _detection(collected)


def of_others(collected: Sequence[Answered]) -> dict:
    """By model that answered in the place of the attacked one: of every arm what `shares` tells, and of attacked arms
    two `success`: over the pictures that `both` models answer right when clean, and over those of them on which the
    attacked model was `fooled`, without a defence.
    """
    own = {arm: [one.record["arms"][arm]["clip"]["right"] for one in collected] for arm in collected[0].record["arms"]}
    names = collected[0].record["others"]
    return {name: _of_other(own, [one.record["others"][name] for one in collected]) for name in names}


def _of_other(own: dict[str, list[bool]], answers: Sequence[dict]) -> dict:
    right = {arm: [one[arm]["right"] for one in answers] for arm in own}
    both = [mine and theirs for mine, theirs in zip(own[CLEAN], right[CLEAN], strict=True)]
    found = {}
    for arm, hits in right.items():
        if arm != CLEAN:
            fooled = [known and not still for known, still in zip(both, own[arm], strict=True)]
            found[arm] = {"both": success(both, hits), "fooled": success(fooled, hits)}
    return {**shares(right), "success": found}


def success(before: Sequence[bool], after: Sequence[bool]) -> dict:
    """How often an attack fooled a defence that was right `before`: `fooled`, `of` how many, the `rate`, and its 95 %
    Wilson `interval`, both None where it never was. Pictures that it got wrong anyway do not count.
    """
    fooled = sum(was and not still for was, still in zip(before, after, strict=True))
    total = sum(before)
    measured = {"rate": round(fooled / total, 4), "interval": wilson(fooled, total)} if total else {}
    return {"fooled": fooled, "of": total, "rate": None, "interval": None} | measured


def of_confidence(answers: Sequence[dict], base: str) -> dict:
    """Of the answers of all defences to the pictures of one arm, as records have them: the `calibration` of each
    defence, as plain data, and as `calibration_pairs` how the calibration errors of the others differ from that of
    `base`. Records without confidences give none.
    """
    from .calibration import Calibration

    known = [name for name in answers[0] if all("confidence" in one[name] for one in answers)]
    found = {
        name: Calibration([one[name]["confidence"] for one in answers], [one[name]["right"] for one in answers])
        for name in known
    }
    pairs = []
    for name in known if base in found else ():
        if name != base:
            difference, *interval = (round(number, 4) for number in found[name].against(found[base], "ece"))
            pairs.append({"first": name, "second": base, "difference": difference, "interval": interval})
    return {"calibration": {name: one.document() for name, one in found.items()}, "calibration_pairs": pairs}


def _detection(collected: list[Answered]) -> dict:
    """What the scores of records tell, as `detection`; empty where there are none."""
    if not collected or not all("scores" in one.record for one in collected):
        return {}
    from .detecting import detection

    return {"detection": detection(collected)}


def _successes(collected: Sequence[Answered], arm: str, right: dict[str, list[bool]]) -> dict:
    before = {name: [one.record["arms"][CLEAN][name]["right"] for one in collected] for name in _of_clean(collected)}
    return {name: success(before[name], hits) for name, hits in right.items() if name in before}


def _of_clean(collected: Sequence[Answered]) -> Iterable[str]:
    return collected[0].record["arms"].get(CLEAN, {})


def shares(right: dict[str, list[bool]]) -> dict:
    """Of every name its `accuracy`, the share of hits, and the 95 % Wilson `intervals`."""
    return {
        "accuracy": {name: sum(hits) / len(hits) for name, hits in right.items()},
        "intervals": {name: wilson(sum(hits), len(hits)) for name, hits in right.items()},
    }


def wilson(hits: int, total: int) -> list[float]:
    """The 95 % Wilson interval of a share, rounded to four digits."""
    return [round(bound, 4) for bound in _wilson(hits, total)]


def pair(first: str, one: list[bool], second: str, other: list[bool]) -> dict:
    """How two defences differ on the same pictures.

    On how many only the one and only the other was right, the exact two-sided McNemar p-value of that split, and the
    `difference` of their accuracies with a 95 % `interval`.
    """
    both = sum(a and b for a, b in zip(one, other, strict=True))
    only_first, only_second = sum(one) - both, sum(other) - both
    split = only_first + only_second
    return {
        "first": first,
        "second": second,
        "only_first": only_first,
        "only_second": only_second,
        "difference": round((only_first - only_second) / len(one), 4),
        "interval": newcombe(both, only_first, only_second, len(one) - both - split),
        "p": _mcnemar(only_first, split),
    }


def _pairs(right: dict[str, list[bool]], base: str) -> list[dict]:
    """Of every defence with `base`, with p-values corrected for how many there are."""
    found = [pair(defence, hits, base, right[base]) for defence, hits in right.items() if defence != base]
    return [one | {"holm": p} for one, p in zip(found, holm([one["p"] for one in found]), strict=True)]


def holm(values: Sequence[float]) -> list[float]:
    """p-values of so many comparisons corrected for their number, in the same order (Holm, Scandinavian Journal of
    Statistics 1979): below a level with the chance of that level at most that any of them is without a difference."""
    corrected, largest = [1.0] * len(values), 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=lambda place: values[place])):
        largest = max(largest, min(1.0, (len(values) - rank) * values[place]))
        corrected[place] = largest
    return corrected


def newcombe(both: int, only_first: int, only_second: int, neither: int) -> list[float]:
    """The 95 % interval of the difference between two shares of the same pictures, rounded to four digits.

    The Wilson intervals of both, put together with their correlation (Newcombe, Statistics in Medicine 1998, method
    10).
    """
    total = both + only_first + only_second + neither
    first, second = (both + only_first) / total, (both + only_second) / total
    (low1, high1), (low2, high2) = _wilson(both + only_first, total), _wilson(both + only_second, total)
    cross = both * neither - only_first * only_second
    if cross > 0:
        cross = max(cross - total / 2, 0)
    spread = (both + only_first) * (only_second + neither) * (both + only_second) * (only_first + neither)
    correlation = cross / math.sqrt(spread) if spread else 0.0

    def reach(one: float, other: float) -> float:
        return math.sqrt(max(one**2 - 2 * correlation * one * other + other**2, 0.0))

    difference = first - second
    low, high = reach(first - low1, high2 - second), reach(high1 - first, second - low2)
    return [round(difference - low, 4), round(difference + high, 4)]


@cache
def _mcnemar(only_first: int, split: int) -> float:
    from scipy.stats import binomtest

    return float(binomtest(only_first, split).pvalue) if split else 1.0


@cache  # the same few counts come again and again
def _wilson(hits: int, total: int) -> tuple[float, float]:
    from scipy.stats import binomtest

    interval = binomtest(hits, total).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def _mean(values: Iterable[float]) -> float:
    values = list(values)
    return round(sum(values) / len(values), 4)
