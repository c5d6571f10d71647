"""Results of one attack and its defences on a batch of pictures."""

from __future__ import annotations

from dataclasses import dataclass

import engine


@dataclass(frozen=True, slots=True)
class Row:
    """One picture: a small copy, its true class, the clean answer, and the answer of each defence to the attacked one.

    `truth` is empty where nobody gave one. `name` and `note`, of a visitor's file, tell its name and how it was read.
    `blind` says that the attack failed for want of a gradient, `strange` that the model knows no such picture.
    An answer that is “none of these” is empty.
    """

    thumbnail: str
    truth: str
    clean: str
    answers: tuple[tuple[str, str], ...]  # defence, answer
    name: str = ""
    note: str = ""
    blind: bool = False
    strange: bool = False

    def answer(self, defence: str | None) -> str:
        """What the defence answered, or the model on the clean picture (None)."""
        return self.clean if defence is None else dict(self.answers)[defence]


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows so far of `total`, the settings they were made with, and a sentence for each file that is no picture."""

    settings: engine.Settings
    total: int
    rows: tuple[Row, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[Row, ...]:
        """The rows with a true class; only these can be right or wrong."""
        return tuple(row for row in self.rows if row.truth and not row.strange)

    @property
    def unknown(self) -> tuple[Row, ...]:
        """The rows without one and with a clean answer; all that can be said is whether an answer is still that one."""
        return tuple(row for row in self.rows if row.clean and not row.truth and not row.strange)

    @property
    def strange(self) -> int:
        """How many of the pictures the model knows nothing of; no answer counts there."""
        return sum(row.strange for row in self.rows)

    @property
    def none(self) -> int:
        """How many answers are “none of these”."""
        return sum(not answer for row in self.rows for answer in (row.clean, *dict(row.answers).values()))

    @property
    def done(self) -> int:
        """How many of the pictures are through."""
        return len(self.rows) + len(self.refused)

    def right(self, defence: str | None) -> int:
        """How often the defence (None: the model on the clean picture) gave the true class, where that is known."""
        return sum(row.answer(defence) == row.truth for row in self.known)

    @property
    def sound(self) -> tuple[Row, ...]:
        """The rows on which the model, not attacked and without a defence, gives the true class."""
        return tuple(row for row in self.known if row.clean == row.truth)

    def turned(self, defence: str) -> int:
        """On how many of the `sound` rows the attack makes the defence answer something else."""
        return sum(row.answer(defence) != row.truth for row in self.sound)

    def kept(self, defence: str) -> int:
        """How often the defence gave the clean answer, where the true class is not known."""
        return sum(row.answer(defence) == row.clean for row in self.unknown)
