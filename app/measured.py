"""What was measured ahead of time, on many pictures: evaluations of the built-in model that lie in assets/measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import engine

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "measured"
SERIES = ("every-method", "collapse")


@dataclass(frozen=True, slots=True)
class Arm:
    """One column: the attack's settings as plain data (None: clean pictures), and for each method its accuracy and
    95 % interval, shares from 0 to 1."""

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
    def methods(self) -> tuple[str, ...]:
        """In the order of the evaluation."""
        return tuple(self.arms[0].accuracy)


def load_measured(folder: Path = FOLDER) -> tuple[Measured, ...]:
    """The evaluations of `SERIES` that are there; none where the assets were left out."""
    return tuple(_read(folder, name) for name in SERIES if (folder / name).is_dir())


def _read(folder: Path, name: str) -> Measured:
    plan, summary = engine.read_plan(folder / name), engine.summarise(engine.read_kept(folder / name))
    return Measured(name, summary["pictures"], plan["views"]["count"], tuple(_arms(plan, summary)))


def _arms(plan: dict, summary: dict) -> Iterator[Arm]:
    for name, told in summary["arms"].items():
        intervals = {method: tuple(bounds) for method, bounds in told["intervals"].items()}
        yield Arm(plan["attacks"].get(name), told["accuracy"], intervals)
