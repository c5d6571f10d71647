"""A promise of the service, how often it is tried, and what came of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value with its unit and the most that it may be."""

    value: float
    unit: str
    limit: float

    def __str__(self) -> str:
        return f"{self.value:.4g} {self.unit} (at most {self.limit:g})"


@dataclass(slots=True)
class Tally:
    """Tries as they are made: how many there were, how many failed, what the first of these was, the worst figure."""

    unit: str = "s"
    limit: float = float("inf")
    tries: int = 0
    failures: int = 0
    example: str = ""
    skipped: str = ""
    worst: float = field(default=0.0)

    def tried(self, what: str, wrong: str = "", figure: float = 0.0) -> None:
        """Note one try: what was tried, what is wrong with what came (empty: nothing), and its figure."""
        self.tries += 1
        self.worst = max(self.worst, figure)
        if not wrong and figure > self.limit:
            wrong = f"{figure:.4g} {self.unit}, more than {self.limit:g}"
        if wrong:
            self.failures += 1
            self.example = self.example or f"{what}: {wrong}"

    @property
    def figure(self) -> Figure | None:
        """The worst, with its limit; None where nothing was measured."""
        return Figure(self.worst, self.unit, self.limit) if self.limit < float("inf") else None

    @property
    def held(self) -> bool:
        """Whether it was tried and never failed, or cannot be tried on this machine."""
        return not self.failures and bool(self.tries or self.skipped)


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised under which name, how many tries there are of a quick and of a full run, and the trying.

    `run` is given the number of tries and all the randomness there is.
    """

    name: str
    says: str
    quick: int
    full: int
    run: Callable[[int, random.Random], Tally]
