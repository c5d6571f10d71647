"""Results of a sweep: one picture under growing limits of the attack, seed by seed."""

from __future__ import annotations

from dataclasses import dataclass, field

import engine

MOST_SEEDS = 10


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

    def levels(self, defence: str) -> list[engine.story.SweepLevel]:
        """What all seeds so far say of a defence, limit by limit as far as the sweep has come."""
        return [level for level in engine.story.levels(self.points, self.settings) if level.defence == defence]

    def holds(self, defence: str) -> float | None:
        """The largest limit up to which it is answered with every seed; None where that fails at 0 already."""
        held = None
        for level in self.levels(defence):
            if level.right < level.seeds:
                break
            held = level.epsilon
        return held

    def has(self, limit: float, seed: int) -> bool:
        """Whether that point is there."""
        return any((point.epsilon, point.seed) == (limit, seed) for point in self.points)
