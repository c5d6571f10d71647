"""Results of a sweep: one picture under growing limits of the attack, seed by seed."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

import engine


@dataclass(frozen=True, eq=False, slots=True)
class Sweep:
    """The points so far of `total`, the settings they were made with, and the defences that were asked.

    `key` names all that the points depend on, and `digest` the picture; `given` says whether the class that should be
    answered is the true one, else it is the clean answer. `strange` says that the model knows no such picture.
    `fingerprint` is the model's.
    """

    key: str
    digest: str
    fingerprint: str
    settings: engine.Settings
    given: bool
    total: int
    strange: bool = False
    points: tuple[engine.story.SweepPoint, ...] = field(default=())

    @property
    def defences(self) -> tuple[str, ...]:
        """In the order in which they are drawn."""
        return self.settings.defences

    @property
    def limits(self) -> tuple[float, ...]:
        """Those of the attack, growing, whether reached yet or not."""
        return engine.story.limits(self.settings.attack.norm)

    def leads(self, defence: str, limit: float) -> list[float]:
        """Of every seed so far the lead of the class that should be answered, in nats."""
        return [point.leads[defence] for point in self.points if point.epsilon == limit]

    def median(self, defence: str, limit: float) -> float:
        """The middle one of these."""
        return statistics.median(self.leads(defence, limit))

    def right(self, defence: str, limit: float) -> tuple[int, int]:
        """With how many seeds that class is answered, and of how many."""
        leads = self.leads(defence, limit)
        return sum(lead > 0 for lead in leads), len(leads)

    def holds(self, defence: str) -> float | None:
        """The largest limit up to which it is answered with every seed; None where that fails at 0 already."""
        held = None
        for limit in self.limits:
            right, of = self.right(defence, limit)
            if not of or right < of:
                break
            held = limit
        return held

    def has(self, limit: float, seed: int) -> bool:
        """Whether that point is there."""
        return any((point.epsilon, point.seed) == (limit, seed) for point in self.points)
