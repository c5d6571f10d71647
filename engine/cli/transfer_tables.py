"""What other models answered in an evaluation to the attacked pictures, as lines for a terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Callable

from .tables import UNDEFINED, markdown_table, table, wrapped

SAID = (
    "Answered by other models, undefended: the attacks were made on {model}, and each picture was resized to what the"
    " other looks at ({sizes}). Fooled: the share that it answers wrong attacked, of the pictures that both models"
    " answer right when clean, and of those of them that fool {model}; with 95 % Wilson intervals."
)
HEAD = ("arm", "answered by", "accuracy", "95 % interval", "fooled of both right", "95 % interval", "of those fooled",
        "95 % interval")  # fmt: skip
JOINED = ("arm", "answered by", "accuracy", "fooled of both right", "of those fooled")


def plain_transfer(summary: dict) -> list[str]:
    """A table with a row for each arm and model; none where no other model answered."""
    rows = _rows(summary, lambda share, low, high, count: (f"{share:.3f}{count}", f"{low:.3f} ... {high:.3f}"))
    return ["", *wrapped(_said(summary)), "", *table(HEAD, rows)] if rows else []


def markdown_transfer(summary: dict) -> list[str]:
    """The same in Markdown."""
    rows = _rows(summary, lambda share, low, high, count: (f"{share:.3f} [{low:.3f}, {high:.3f}]{count}",))
    return ["", _said(summary), "", *markdown_table(JOINED, rows)] if rows else []


def _said(summary: dict) -> str:
    known = summary["plan"]["answering"].items()
    sizes = ", ".join(f"{name}: {one['reading']['preprocessing']['image_size']} pixels" for name, one in known)
    return SAID.format(model=summary["model"], sizes=sizes)


def _rows(summary: dict, cells: Callable[..., tuple[str, ...]]) -> list[tuple[str, ...]]:
    nothing = (UNDEFINED,) * len(cells(0.0, 0.0, 0.0, ""))
    rows: list[tuple[str, ...]] = []
    for arm in summary["arms"]:
        for name, found in summary.get("others", {}).items():
            row = (arm, name, *cells(found["accuracy"][arm], *found["intervals"][arm], ""))
            for success in found["success"].get(arm, {}).values():
                count = f" ({success['fooled']} of {success['of']})"
                row += nothing if success["rate"] is None else cells(success["rate"], *success["interval"], count)
            rows.append(row if arm in found["success"] else (*row, *(2 * [""] * len(nothing))))
    return rows
