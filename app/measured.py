"""What was measured ahead of time, on many pictures: evaluations of the built-in model that lie in assets/measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import engine

FOLDER = engine.ASSETS / "measured"
SERIES = ("every-defence", "collapse")


@dataclass(frozen=True, slots=True)
class Arm:
    """An arm of an evaluation, one column: clean pictures, or those of one attacker.

    `attack` is the attacker's settings as plain data (None: clean pictures). Each defence has an accuracy and its 95 %
    interval, shares from 0 to 1.
    """

    attack: dict | None
    accuracy: dict[str, float]
    intervals: dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Measured:
    """One evaluation: its name, how many pictures it has, views of each, and its arms with the clean one first."""

    name: str
    pictures: int
    views: int
    arms: tuple[Arm, ...]

    @property
    def defences(self) -> tuple[str, ...]:
        """In the order of the evaluation."""
        return tuple(self.arms[0].accuracy)


def load_measured(folder: Path = FOLDER) -> tuple[Measured, ...]:
    """The evaluations of `SERIES` that are there; none where the assets were left out."""
    return tuple(_read(folder, name) for name in SERIES if (folder / name).is_dir())


def _read(folder: Path, name: str) -> Measured:
    plan, records = (
        engine.evaluation.read_plan(folder / name),
        [kept.record for kept in engine.evaluation.read_kept(folder / name)],
    )
    arms = tuple(_arm(plan, arm, records) for arm in records[0]["arms"])
    return Measured(name, len(records), plan["views"]["count"], arms)


def _arm(plan: dict, name: str, records: list[dict]) -> Arm:
    defences = records[0]["arms"][name]
    shares = engine.evaluation.shares(
        {defence: [record["arms"][name][defence]["right"] for record in records] for defence in defences}
    )
    intervals = {defence: tuple(bounds) for defence, bounds in shares["intervals"].items()}
    return Arm(plan["attacks"].get(name), shares["accuracy"], intervals)
