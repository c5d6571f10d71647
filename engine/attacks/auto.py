"""AutoAttack: four attacks of the other families, one after another, until one of them turns the answer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from .base import UNAWARE, Attack, Run, fools
from .black_box import square
from .gradient import apgd, apgd_targeted
from .minimal import fab

if TYPE_CHECKING:
    from torch import Tensor

    from ..settings import AttackSettings
    from .probes import Probe

QUERIES = 50  # of its Square per step: 5,000 at the 100 steps of its standard


def auto(probe: Probe, settings: AttackSettings) -> tuple[Run, int]:
    """AutoAttack's standard suite (Croce & Hein, 2020): each part begins where the ones before it failed.

    Where all fail, the result is the first part's. `steps` is 100 in the standard.
    """
    parts = [partial(apgd, loss="ce"), apgd_targeted, fab, partial(square, queries=QUERIES)]
    runs, passes = zip(*(part(probe, settings) for part in parts), strict=True)

    def run(pixels: Tensor, label: Tensor) -> Tensor:
        results = []
        for part in runs:
            results.append(part(pixels, label))
            if fools(probe, results[-1], label):
                return results[-1]
        return results[0]

    return run, sum(passes) + len(parts)


AUTO_ATTACK = Attack(
    title="AutoAttack",
    source="Croce & Hein, ICML 2020",
    explanation="Four strong attacks in turn, three with gradients and one without, until one turns the answer.",
    threat=UNAWARE,
    build=auto,
    least=4,
    batched=False,
)
