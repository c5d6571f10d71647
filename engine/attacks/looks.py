"""How often an attack asks what it looks through, and what that takes. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..detection import SCORES
from ..passes import Passes

if TYPE_CHECKING:
    from ..settings import AttackSettings
    from .adaptive import TargetDefence

RIVALS = 9  # wrong classes that targeted parts try, as AutoAttack does
CHANGES = 4  # transformations per glance of the probe that looks through them
CROPS = 8  # random views per glance of the probes that look through them


@dataclass(frozen=True, slots=True)
class Looks:
    """How often a run asks for logits at most, and how often for a gradient of some of them."""

    forward: int
    back: int

    def __add__(self, other: Looks) -> Looks:
        return Looks(self.forward + other.forward, self.back + other.back)


@dataclass(frozen=True, slots=True)
class LookPasses:
    """What one look at one picture takes, and what a gradient of its logits takes on top."""

    forward: Passes
    back: Passes

    def times(self, looks: Looks) -> Passes:
        """What so many looks take."""
        return self.forward * looks.forward + self.back * looks.back


def rivals(count: int) -> int:
    """How many wrong classes of `count` classes targeted parts try."""
    return min(RIVALS, count - 1)


def once(settings: AttackSettings, classes: int) -> Looks:
    """One look with its gradient."""
    return Looks(1, 1)


def each_step(settings: AttackSettings, classes: int) -> Looks:
    """One look with its gradient for every step."""
    return Looks(settings.steps, settings.steps)


def each_step_and_the_end(settings: AttackSettings, classes: int) -> Looks:
    """One look with its gradient for every step, and one at where the last has led."""
    return Looks(settings.steps + 1, settings.steps)


def the_picture(target: TargetDefence | None, layers: int, settings: AttackSettings) -> LookPasses:
    """The picture goes through the model."""
    return LookPasses(Passes(1), Passes(back=1))


def its_crops(target: TargetDefence | None, layers: int, settings: AttackSettings) -> LookPasses:
    """The picture and random crops of it go through the model."""
    shown = settings.eot_samples * (1 + CROPS)
    return LookPasses(Passes(shown), Passes(back=shown))


def its_changes(target: TargetDefence | None, layers: int, settings: AttackSettings) -> LookPasses:
    """The picture and transformations of it go through the model."""
    shown = settings.eot_samples * (1 + CHANGES)
    return LookPasses(Passes(shown), Passes(back=shown))


def its_copies(target: TargetDefence | None, layers: int, settings: AttackSettings) -> LookPasses:
    """The picture and the copies that detection scores look at go through the model."""
    shown = 1 + settings.eot_samples * len(SCORES)
    return LookPasses(Passes(shown), Passes(back=shown))
