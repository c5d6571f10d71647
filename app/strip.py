"""The same attack and defences on many pictures, so that nobody reads too much into one."""

from __future__ import annotations

from dataclasses import dataclass

import engine


@dataclass(frozen=True, slots=True)
class Row:
    """One picture: a small copy, its true class, and what was answered clean and by each method attacked."""

    thumbnail: str
    truth: str
    clean: str
    answers: tuple[tuple[str, str], ...]  # method, answer


@dataclass(frozen=True, slots=True)
class Strip:
    """The rows so far of `total`, and the settings they were made with."""

    settings: engine.Settings
    total: int
    rows: tuple[Row, ...] = ()

    def right(self, method: str | None) -> int:
        """How often the method (None: the model on the clean picture) gave the true class."""
        return sum(row.truth == (row.clean if method is None else dict(row.answers)[method]) for row in self.rows)
