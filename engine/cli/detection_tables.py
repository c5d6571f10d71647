"""What detection scores tell of many pictures, as lines for a terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .tables import markdown_table, table, wrapped

SAID = (
    "Detection: how often a picture of the arm has a higher score than a clean one, ties counted half (AUROC; 0.5: they"
    " cannot be told apart, below: the score points the wrong way), with 95 % interval (basic bootstrap over the"
    " pictures, 2,000 draws), and the share of the arm above the threshold that 5 % of the clean pictures are above."
    " Noise is the null arm: harmless, and as large as the attack."
)
UNNOTICED = "{arm}: {fooled} of {pictures} fool the model, {unnoticed} of them above no threshold."


def plain_detection(summary: dict) -> list[str]:
    """A table, arm by arm; none where the records have no scores."""
    rows = list(_rows(summary))
    if not rows:
        return []
    said = [line for sentence in (SAID, *_unnoticed(summary)) for line in wrapped(sentence)]
    return ["", *table(("arm", "score", "AUROC", "95 % interval", "caught"), rows), *said]


def markdown_detection(summary: dict) -> list[str]:
    """The same in Markdown."""
    rows = list(_rows(summary))
    if not rows:
        return []
    told = [f"- {sentence}" for sentence in _unnoticed(summary)]
    return ["", SAID, "", *markdown_table(("arm", "score", "AUROC", "95 % interval", "caught"), rows), "", *told]


def markdown_reference(known: Sequence[dict]) -> list[str]:
    """What kept references tell, as `reference_data` has it: a row an arm and score, and a row of all scores together.

    Of these it tells how many fooled the model, and how many of those are above no threshold.
    """
    rows = []
    for one in known:
        for arm, told in one["arms"].items():
            rows += [(arm, f"{one['pictures']}", name, *_numbers(found)) for name, found in told["scores"].items()]
            if "fooled" in told:
                rows.append((arm, f"{one['pictures']}", "all", *_together(told, one["pictures"])))
    return markdown_table(("arm", "pictures", "score", "AUROC", "95 % interval", "caught"), rows)


def _together(told: dict, pictures: int) -> tuple[str, ...]:
    return f"{told['fooled']} of {pictures} fool", f"{told['unnoticed']} of them unnoticed", ""


def _numbers(found: dict) -> tuple[str, ...]:
    low, high = found["auroc_interval"]
    return f"{found['auroc']:.3f}", f"{low:.3f} to {high:.3f}", f"{found['caught']:.3f}"


def _rows(summary: dict) -> Iterator[tuple[str, ...]]:
    for arm, told in summary.get("detection", {}).items():
        for name, one in told["scores"].items():
            low, high = one["auroc_interval"]
            yield arm, name, f"{one['auroc']:.3f}", f"{low:.3f} ... {high:.3f}", f"{one['caught']:.3f}"


def _unnoticed(summary: dict) -> Iterator[str]:
    for arm, told in summary["detection"].items():
        if "fooled" in told:
            yield UNNOTICED.format(
                arm=arm, pictures=summary["pictures"], **{n: told[n] for n in ("fooled", "unnoticed")}
            )
