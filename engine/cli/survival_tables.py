"""What became of an evaluation's attacks behind what happens to pictures, as lines for a terminal and in Markdown."""

from __future__ import annotations

from .tables import markdown_table, table, wrapped

HOW = (
    "Behind what happens to pictures: how often the model itself, without a defence, answers clean and attacked"
    " pictures right, with 95 % Wilson intervals, and the difference on the same pictures (Newcombe)."
)


def plain_survival(summary: dict) -> list[str]:
    """A table for each attack; none where it was not asked for."""
    lines = [
        line for arm, rows in summary.get("survival", {}).items() for line in ("", *table(_head(arm), _rows(rows)))
    ]
    return lines + (wrapped(HOW) if lines else [])


def markdown_survival(summary: dict) -> list[str]:
    """The same in Markdown."""
    found = summary.get("survival", {})
    tables = [line for arm, rows in found.items() for line in ("", *markdown_table(_head(arm), _rows(rows)))]
    return ["", HOW, *tables] if tables else []


def _head(arm: str) -> tuple[str, ...]:
    return (f"{arm}, then", "clean", "attacked", "attacked minus clean")


def _rows(rows: dict) -> list[tuple[str, ...]]:
    return [
        (change, _share(row, "clean"), _share(row, "attacked"), _apart(row["pair"])) for change, row in rows.items()
    ]


def _share(row: dict, name: str) -> str:
    low, high = row["intervals"][name]
    return f"{row['accuracy'][name]:.3f} [{low:.3f}, {high:.3f}]"


def _apart(pair: dict) -> str:
    low, high = pair["interval"]
    return f"{pair['difference']:+.3f} [{low:+.3f}, {high:+.3f}]"
