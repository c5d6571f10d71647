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
HEAD = ("arm", "score", "AUROC", "95 % interval", "caught")
UNNOTICED = "{arm}: {fooled} of {pictures} fool the model, {unnoticed} of them above no threshold."


def plain_detection(summary: dict) -> list[str]:
    """A table, arm by arm; none where the records have no scores."""
    rows = list(_rows(summary))
    if not rows:
        return []
    said = [line for sentence in (SAID, *_unnoticed(summary)) for line in wrapped(sentence)]
    return ["", *table(HEAD, rows), *said]


def markdown_detection(summary: dict) -> list[str]:
    """The same in Markdown."""
    rows = list(_rows(summary))
    if not rows:
        return []
    listed = [f"- {sentence}" for sentence in _unnoticed(summary)]
    return ["", SAID, "", *markdown_table(HEAD, rows), "", *listed]


def markdown_reference(known: Sequence[dict]) -> list[str]:
    """What kept references tell, as `reference_data` has it: a row an arm and score, and a row of all scores together.

    Of these it tells how many fooled the model, and how many of those are above no threshold.
    """
    rows = []
    for one in known:
        for arm, of_arm in one["arms"].items():
            rows += [(arm, f"{one['pictures']}", name, *_numbers(found)) for name, found in of_arm["scores"].items()]
            if "fooled" in of_arm:
                rows.append((arm, f"{one['pictures']}", "all", *_together(of_arm, one["pictures"])))
    return markdown_table(("arm", "pictures", "score", "AUROC", "95 % interval", "caught"), rows)


def _together(of_arm: dict, pictures: int) -> tuple[str, ...]:
    return f"{of_arm['fooled']} of {pictures} fool", f"{of_arm['unnoticed']} of them unnoticed", ""


def _numbers(found: dict) -> tuple[str, ...]:
    low, high = found["auroc_interval"]
    return f"{found['auroc']:.3f}", f"{low:.3f} to {high:.3f}", f"{found['caught']:.3f}"


def _rows(summary: dict) -> Iterator[tuple[str, ...]]:
    for arm, of_arm in summary.get("detection", {}).items():
        for name, one in of_arm["scores"].items():
            low, high = one["auroc_interval"]
            yield arm, name, f"{one['auroc']:.3f}", f"{low:.3f} ... {high:.3f}", f"{one['caught']:.3f}"


def _unnoticed(summary: dict) -> Iterator[str]:
    for arm, of_arm in summary["detection"].items():
        if "fooled" in of_arm:
            yield UNNOTICED.format(
                arm=arm, pictures=summary["pictures"], **{n: of_arm[n] for n in ("fooled", "unnoticed")}
            )
