"""What records amount to: accuracy with intervals, and differences between methods on the same pictures."""

from __future__ import annotations

from scipy.stats import binomtest


def summarise(records: list[dict], against: str | None = None) -> dict:
    """Plain data for every arm: `accuracy`, 95 % Wilson `intervals` and, against one method, `pairs`.

    A pair tells on how many pictures only the one and only the other was right, and the exact two-sided McNemar
    p-value of that split. `against` None compares with the last method of the records.
    """
    told: dict = {"pictures": len(records), "arms": {}}
    for arm, methods in records[0]["arms"].items() if records else ():
        base = against if against in methods else list(methods)[-1]
        right = {method: [r["arms"][arm][method]["right"] for r in records] for method in methods}
        told["arms"][arm] = {
            "accuracy": {method: sum(hits) / len(hits) for method, hits in right.items()},
            "intervals": {method: wilson(sum(hits), len(hits)) for method, hits in right.items()},
            "pairs": [pair(method, right[method], base, right[base]) for method in methods if method != base],
        }
    return told


def wilson(hits: int, total: int) -> list[float]:
    """The 95 % Wilson interval of a share, rounded to four digits."""
    interval = binomtest(hits, total).proportion_ci(method="wilson")
    return [round(float(interval.low), 4), round(float(interval.high), 4)]


def pair(first: str, one: list[bool], second: str, other: list[bool]) -> dict:
    """How two methods differ on the same pictures."""
    only_first = sum(a and not b for a, b in zip(one, other, strict=True))
    only_second = sum(b and not a for a, b in zip(one, other, strict=True))
    split = only_first + only_second
    p = float(binomtest(only_first, split).pvalue) if split else 1.0
    return {"first": first, "second": second, "only_first": only_first, "only_second": only_second, "p": p}
