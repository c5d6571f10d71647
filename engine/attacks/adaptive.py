"""Attacks that know something of the defence: PGD through random crops, through AugMix views, through all of it.

The defence itself lies above this package: an attack through it is handed a `TargetDefence`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from ..errors import EngineError
from .base import STEPPED, Attack
from .gradient import pgd
from .looks import LookPasses, its_changes, its_crops

if TYPE_CHECKING:
    from torch import Tensor

    from ..classes import Classes
    from ..models import Backbone
    from ..settings import AttackSettings
    from .probes import Probe


@dataclass(frozen=True, eq=False, slots=True)
class Draw:
    """What a defence makes of a picture under one seed: the pictures (k, 3, s, s) that it shows the model, what a
    gradient follows in their place, made of the picture (3, s, s) (None: the picture itself), and its logits (c,) for
    the pictures and their features (k, d), attached to both.
    """

    shown: Tensor
    followed: Callable[[Tensor], Tensor] | None
    answer: Callable[[Tensor, Tensor], Tensor]


class TargetDefence(Protocol):
    """What an attack must know of the defence that it goes through."""

    def classes(self, backbone: Backbone, classes: Classes) -> Classes:
        """The classes in the sentences that the defence puts them into."""

    def draw(self, backbone: Backbone, picture: Tensor, classes: Classes, seed: int) -> Draw:
        """What it makes of a picture (3, s, s), without a graph, and of classes as they were given, under a seed."""

    def look_passes(self, layers: int) -> LookPasses:
        """What a draw, its features and its answer take on an image tower of `layers` blocks."""


def through_crops(target: TargetDefence | None) -> Callable[..., Probe]:
    """The probe of an attack that looks at random crops of the picture."""
    from .probes import CropProbe

    return CropProbe


def through_views(target: TargetDefence | None) -> Callable[..., Probe]:
    """The probe of an attack that looks at AugMix views of the picture."""
    from .probes import ViewProbe

    return ViewProbe


def through_transformations(target: TargetDefence | None) -> Callable[..., Probe]:
    """The probe of an attack that looks at what becomes of the picture on its way."""
    from .transformation_probe import TransformationProbe

    return TransformationProbe


def its_draws(target: TargetDefence | None, layers: int, settings: AttackSettings) -> LookPasses:
    """What the defence shows goes through the model, besides all that it does. Raises `EngineError` without one."""
    each = _required(target).look_passes(layers)
    return LookPasses(each.forward * settings.eot_samples, each.back * settings.eot_samples)


def through_the_defence(target: TargetDefence | None) -> Callable[..., Probe]:
    """The probe of an attack that has the defence as its model. Raises `EngineError` without one."""
    from .defence_probe import DefenceProbe

    return partial(DefenceProbe, _required(target))


def _required(target: TargetDefence | None) -> TargetDefence:
    if target is None:
        raise EngineError(f"{ADAPTIVE.title} needs a defence to go through.")
    return target


PGD_CROPS = Attack(
    title="PGD through random crops",
    source="Athalye et al., ICML 2018 (EOT)",
    explanation="As PGD, against the mean answer for the picture and random crops of it, fresh at every step.",
    threat="white-box on the model; knows that defences look at random crops",
    build=pgd,
    probe=through_crops,
    look_passes=its_crops,
    targeted=True,
    uses=(*STEPPED, "eot_samples"),
)
PGD_VIEWS = Attack(
    title="PGD through AugMix views",
    source="Athalye et al., ICML 2018 (EOT, BPDA)",
    explanation="As PGD, against the mean answer for AugMix views of the picture, fresh at every step.",
    threat="adaptive: white-box on the model; knows that defences look at AugMix views",
    build=pgd,
    probe=through_views,
    look_passes=its_crops,
    targeted=True,
    uses=(*STEPPED, "eot_samples"),
)
PGD_TRANSFORMATIONS = Attack(
    title="PGD through transformations",
    source="Athalye et al., ICML 2018 (EOT, BPDA)",
    explanation="As PGD, against the mean answer for the picture and four changes that happen to pictures, from JPEG to"
    " print, fresh at every step: made to survive them.",
    threat="white-box on the model; knows that pictures are compressed, resized, cropped and printed",
    build=pgd,
    probe=through_transformations,
    look_passes=its_changes,
    targeted=True,
    uses=(*STEPPED, "eot_samples"),
)
ADAPTIVE = Attack(
    title="PGD through the defence",
    source="Athalye et al., ICML 2018 (EOT, BPDA)",
    explanation="As PGD, against the answer of a whole defence, its views, tuning and weights, fresh at every step.",
    threat="adaptive: white-box on the model and on the defence, whose views, tuning and weights it goes through",
    build=pgd,
    probe=through_the_defence,
    look_passes=its_draws,
    targeted=True,
    uses=(*STEPPED, "eot_samples", "target_defence", "unroll"),
)
