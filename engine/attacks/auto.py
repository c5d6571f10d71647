"""AutoAttack: four attacks of the other families, one after another, until one of them turns the answer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from .apgd import apgd, apgd_looks, apgd_targeted, apgd_targeted_looks
from .base import UNAWARE, Attack, Run, fools, whole
from .black_box import square, square_looks
from .looks import Looks
from .minimal import fab, fab_looks

if TYPE_CHECKING:
    from torch import Tensor

    from ..settings import AttackSettings
    from .probes import Probe

QUERIES = 50  # of its Square per step: 5,000 at the 100 steps of its standard


def auto(probe: Probe, settings: AttackSettings) -> Run:
    """AutoAttack's standard suite (Croce & Hein, 2020): each part begins where the ones before it failed.

    Where all fail, the result is the first part's. `steps` is 100 in the standard.
    """
    walks = [part(probe, settings) for part in (apgd, apgd_targeted)]
    runs = [*map(whole, walks), fab(probe, settings), square(probe, settings, QUERIES)]

    def run(pixels: Tensor, label: Tensor) -> Tensor:
        results = []
        for part in runs:
            results.append(part(pixels, label))
            if fools(probe, results[-1], label):
                return results[-1]
        return results[0]

    return run


def auto_looks(settings: AttackSettings, classes: int) -> Looks:
    """Those of its parts, and one behind each."""
    parts = [apgd_looks, apgd_targeted_looks, fab_looks, partial(square_looks, queries=QUERIES)]
    return sum((part(settings, classes) for part in parts), Looks(len(parts), 0))


AUTO_ATTACK = Attack(
    title="AutoAttack",
    source="Croce & Hein, ICML 2020",
    explanation="Four strong attacks in turn, three with gradients and one without, until one turns the answer.",
    threat=UNAWARE,
    build=auto,
    looks=auto_looks,
    least=4,
    batched=False,
    blocking=True,
)
