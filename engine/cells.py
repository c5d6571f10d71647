"""Cells of a picture, of which some are marked: as a short text, and as the pixels under them. Imports no torch."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import require

if TYPE_CHECKING:
    from torch import Tensor

LARGEST = 32  # rows or columns
FORM = re.compile(r"([0-9]{1,2})x([0-9]{1,2}):([0-9a-f]{1,8}(?:\.[0-9a-f]{1,8})*)")


@dataclass(frozen=True, slots=True)
class Cells:
    """Rows of equal length, from the top, of which each cell is marked or not.

    The text is `ROWSxCOLUMNS:` and for each row one hexadecimal number, with points between them; its bits are the
    cells from the left, the last column being the lowest: `2x3:4.3` marks the first cell of the first row, and the last
    two of the second.
    """

    marks: tuple[tuple[bool, ...], ...]

    @classmethod
    def parse(cls, text: str) -> Cells:
        """The cells of a text. Raises `EngineError` for any other text, and for more than `LARGEST` rows or columns."""
        found = FORM.fullmatch(text)
        fits = found is not None
        rows, columns, values = 0, 0, []
        if found is not None:
            rows, columns = int(found[1]), int(found[2])
            values = [int(one, 16) for one in found[3].split(".")]
            sizes = 1 <= rows <= LARGEST and 1 <= columns <= LARGEST
            fits = sizes and len(values) == rows and max(values) < 2**columns
        require(
            fits,
            f"Expected cells as ROWSxCOLUMNS: and a hexadecimal number for each row, at most {LARGEST} x {LARGEST}, as"
            f" in 2x3:4.3; got “{text:.60}”.",
        )
        return cls(tuple(tuple(bool(value >> bit & 1) for bit in reversed(range(columns))) for value in values))

    @classmethod
    def of(cls, marks: Iterable[Iterable[bool]]) -> Cells:
        """Cells with these marks, row by row."""
        return cls(tuple(tuple(map(bool, row)) for row in marks))

    @property
    def text(self) -> str:
        """What `parse` makes these cells of."""
        rows, columns = len(self.marks), len(self.marks[0])
        digits = -(-columns // 4)
        values = (sum(mark << place for place, mark in enumerate(reversed(row))) for row in self.marks)
        return f"{rows}x{columns}:" + ".".join(f"{value:0{digits}x}" for value in values)

    @property
    def count(self) -> int:
        """How many are marked."""
        return sum(map(sum, self.marks))

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.marks) * len(self.marks[0])

    def pixels(self, side: int) -> Tensor:
        """Which pixels (side, side) the marked cells cover. Every pixel lies in one cell; where the side is no multiple
        of the rows or columns, cells differ by one pixel."""
        import torch

        down, across = (
            torch.tensor([(cell + 1) * side // count - cell * side // count for cell in range(count)])
            for count in (len(self.marks), len(self.marks[0]))
        )
        return torch.tensor(self.marks).repeat_interleave(down, 0).repeat_interleave(across, 1)
