"""Tables as aligned text and as Markdown, and sentences broken into lines."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..results import Prediction

UNDEFINED = "–"  # in place of a number that there is not


def prediction_row(title: str, prediction: Prediction) -> tuple[str, ...]:
    """Columns for `table`: title, answer, probability, entropy and margin."""
    return (
        title,
        prediction.name,
        f"{prediction.confidence:.3f}",
        f"{prediction.entropy:.3f}",
        f"{prediction.margin:.2f}",
    )


PREDICTION_HEAD = ("", "answer", "prob", "entropy", "margin")


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Lines with aligned columns: text to the left, numbers to the right."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    numeric = [all(_is_number(row[i]) for row in rows) for i in range(len(head))]

    def line(row: tuple[str, ...]) -> str:
        cells = zip(row, widths, numeric, strict=True)
        return "  ".join(cell.rjust(width) if right else cell.ljust(width) for cell, width, right in cells).rstrip()

    return [line(head), *(line(row) for row in rows)]


def wrapped(sentence: str) -> list[str]:
    """Lines of at most 110 characters, broken between words."""
    return textwrap.wrap(sentence, 110, break_on_hyphens=False, break_long_words=False)


def amber(line: str) -> str:
    """The line in amber where a terminal shows it, else as it is."""
    return f"\x1b[33m{line}\x1b[0m" if sys.stdout.isatty() else line


def markdown_table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Lines of a Markdown table."""
    return ["| " + " | ".join(cells) + " |" for cells in (head, ("---",) * len(head), *rows)]


def _is_number(cell: str) -> bool:
    return cell[:1].isdigit() or cell[:1] in ("-", UNDEFINED)
