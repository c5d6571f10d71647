"""The attack as the page and scripts ask for it: its settings may name a defence to go through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import Tensor

from ..attacks import run
from ..classes import Classes
from ..defences.target import target_defence
from ..models import Backbone
from ..results import Adversarial, AttackStep
from ..settings import AttackSettings, Settings


def attack(
    backbone: Backbone,
    pixels: Tensor,
    classes: Classes,
    settings: AttackSettings,
    label: int | None = None,
    defended: Settings | None = None,
) -> Iterator[AttackStep | Adversarial]:
    """Push the model away from `label` (None: its own clean answer): an `AttackStep` per forward pass, then the result.

    `pixels` (3, s, s) in [0, 1]. With epsilon 0 nothing is attacked and the only item is an `Adversarial` equal to
    the clean picture. Closing the generator ends the attack at its next forward pass. An adaptive attack goes through
    its target defence under the settings `defended` (None: the defaults); no other attack reads them.
    Raises `EngineError` for pixels of another shape or range, an attack or target defence that does not exist, a label
    or target that is no class index, and whatever the attack cannot do: a norm, a target, too few classes.
    """
    yield from run.attack(backbone, pixels, classes, settings, label, target_defence(settings, defended))


def attack_batch(
    backbone: Backbone,
    pixels: Tensor,
    classes: Classes | Sequence[Classes],
    settings: AttackSettings,
    labels: Sequence[int | None] | None = None,
    seeds: Sequence[int] | None = None,
    defended: Settings | None = None,
) -> list[Adversarial]:
    """The results of `attack` for pixels (b, 3, s, s), each with its own label and seed (None: `settings.seed`).

    `classes` are those of all pictures, or of each its own, equally many. Each result is what the picture gives alone
    with its seed, up to the rounding of batched arithmetic. `seconds` are those of the whole batch. Raises
    `EngineError` as `attack` does.
    """
    return run.attack_batch(backbone, pixels, classes, settings, labels, seeds, target_defence(settings, defended))
