"""One picture under growing limits: the stories that a sweep consists of, and what is read of each."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from ..attacks.registry import ATTACKS
from ..settings import AttackSettings, Settings

if TYPE_CHECKING:
    from ..results import DefenceResult

USUAL_SEEDS = 3
USUAL_SHARES = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)  # of the usual limit; under Linf 0, 1, 2, 4, 8 and 16 of 255


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """The attack within `epsilon` under one seed: by defence, the `lead` of a class over the best other one.

    A lead is a difference of logits, so one of logarithms of probabilities, in nats; above 0 that class is answered.
    """

    epsilon: float
    seed: int
    leads: dict[str, float]


@dataclass(frozen=True, slots=True)
class SweepLevel:
    """What all seeds say of one defence at one limit.

    With `right` of `seeds` the class is answered; of its leads, `lead` is the middle one.
    """

    epsilon: float
    defence: str
    right: int
    seeds: int
    lead: float
    least: float
    greatest: float


def limits(norm: str) -> tuple[float, ...]:
    """The limits of a sweep, growing, in [0, 1] or as an L2 length."""
    return tuple(share * AttackSettings.USUAL[norm] for share in USUAL_SHARES)


def stories(settings: Settings, seeds: int) -> Iterator[Settings]:
    """The settings of all stories: every limit with the settings' own seed, then every limit with the next one.

    A step size stays the same share of the limit. So a sweep that ends early has whole lines, of fewer seeds. Raises
    `EngineError` for an attack without a limit.
    """
    attack = settings.attack
    ATTACKS.named(attack.attack).check_limited("A sweep of the limit")
    for seed in range(attack.seed, attack.seed + seeds):
        for epsilon in limits(attack.norm):
            own = replace(attack, epsilon=epsilon, step_size=_step(attack, epsilon))
            yield replace(settings, attack=own).with_seed(seed)


def _step(attack: AttackSettings, epsilon: float) -> float | None:
    if attack.step_size is None or not attack.epsilon or not epsilon:
        return None
    return attack.step_size / attack.epsilon * epsilon


def swept(settings: Settings, defences: Sequence[DefenceResult], label: int) -> SweepPoint:
    """What is read of the story with these settings: the leads of the class number `label`."""
    leads = {one.defence: one.prediction.lead(label) for one in defences}
    return SweepPoint(settings.attack.epsilon, settings.attack.seed, leads)


def levels(points: Sequence[SweepPoint], settings: Settings) -> list[SweepLevel]:
    """Limit by limit what the points say of every defence; of a limit without points, nothing."""
    found = []
    for epsilon in limits(settings.attack.norm):
        here = [point.leads for point in points if point.epsilon == epsilon]
        found += [_level(epsilon, name, [leads[name] for leads in here]) for name in settings.defences if here]
    return found


def sweep_data(points: Sequence[SweepPoint], settings: Settings) -> dict:
    """A sweep as plain data: its points and its levels; limits in [0, 1], or as an L2 length."""
    return {"points": [asdict(point) for point in points], "levels": [asdict(one) for one in levels(points, settings)]}


def _level(epsilon: float, defence: str, leads: Sequence[float]) -> SweepLevel:
    right, middle = sum(lead > 0 for lead in leads), statistics.median(leads)
    return SweepLevel(epsilon, defence, right, len(leads), middle, min(leads), max(leads))
