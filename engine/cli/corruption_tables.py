"""What an evaluation of ordinary damage says by kind, as lines for a terminal and in Markdown."""

from __future__ import annotations

from .tables import UNDEFINED, markdown_table, table, wrapped

HEAD = ("damage", "severities", "defence", "mean accuracy", "error / CLIP's", "relative to clean")
MEAN = "mean of the kinds"
HOW = (
    "Ordinary damage: mean accuracy over the severities; the errors divided by those of CLIP without a defence on the"
    " same pictures; and the same of what damage adds to the error on clean ones. 95 % intervals: bootstrap over the"
    " pictures, 2,000 draws. It is no mCE: that is relative to AlexNet on ImageNet-C's own files, and over 15 kinds;"
    " frost is not among these."
)


def plain_corruptions(summary: dict) -> list[str]:
    """A table over all kinds; none where nothing was damaged."""
    return ["", *table(HEAD, _rows(summary)), *wrapped(HOW)] if "corruptions" in summary else []


def markdown_corruptions(summary: dict) -> list[str]:
    """The same in Markdown."""
    return ["", HOW, "", *markdown_table(HEAD, _rows(summary))] if "corruptions" in summary else []


def _rows(summary: dict) -> list[tuple[str, ...]]:
    found = summary["corruptions"]
    rows: list[tuple[str, ...]] = [
        (kind, ", ".join(map(str, of_kind["severities"])), name, *_numbers(numbers))
        for kind, of_kind in found["kinds"].items()
        for name, numbers in of_kind["defences"].items()
    ]
    several = found["mean"].items() if len(found["kinds"]) > 1 else ()
    rows += [(MEAN, "", name, *_numbers(numbers)) for name, numbers in several]
    return rows


def _numbers(numbers: dict) -> tuple[str, ...]:
    return tuple(_number(numbers, name) for name in ("accuracy", "error", "relative_error"))


def _number(numbers: dict, name: str) -> str:
    value, interval = numbers[name], numbers[f"{name}_interval"]
    if value is None:
        return UNDEFINED
    return f"{value:.3f}" + ("" if interval is None else f" [{interval[0]:.3f}, {interval[1]:.3f}]")
