"""Requests that put the attack to a test: what it survives, what damage does instead, and whether one could tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from ...attacks.registry import ATTACKS
from ...attacks.run import attack_passes, result_of
from ...classes import Classes
from ...detection.scores import TOGETHER
from ...models import Backbone
from ...numerics.corruptions import SEVERITIES
from ...passes import Passes
from ...results import Adversarial, Prediction
from ...settings import AttackSettings
from ...transformations import TRANSFORMATIONS
from ..attack import attack
from ..detection import PICTURES, UNNOTICED, UNNOTICED_ATTACK, Detection, suspected
from ..recipe import ATTACKED, CLEAN, NOISE, Picture, Recipe
from ..severities import Severities, severities
from ..slices import read_by_attack
from ..survival import Survival, survival
from .base import Request
from .pictures import Attack, Control, pixels_of


@dataclass(frozen=True, slots=True)
class Survives(Request):
    """The answers to the attacked picture behind what happens to pictures, and to the clean one where it is known."""

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        return {"picture": recipe.picture if recipe.clean_known else None, "classes": recipe.classes}

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        return {"attacked": Attack()}

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        return Passes((1 + len(TRANSFORMATIONS)) * (1 + recipe.clean_known))

    @staticmethod
    def compute(
        backbone: Backbone, picture: Picture | None, classes: Classes, attacked: Adversarial
    ) -> Iterator[Survival]:
        clean = None if picture is None else picture.pixels
        yield survival(backbone, attacked.saved, clean, classes, attacked.label)


@dataclass(frozen=True, slots=True)
class Damaged(Request):
    """The picture under ordinary damage of the kind that is set, in all its severities."""

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        chosen = recipe.settings.attack
        return {"picture": recipe.picture, "classes": recipe.classes, "kind": chosen.corruption, "seed": chosen.seed}

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        return Passes(1 + SEVERITIES)

    @staticmethod
    def compute(backbone: Backbone, picture: Picture, classes: Classes, kind: str, seed: int) -> Iterator[Severities]:
        yield severities(backbone, picture.pixels, classes, kind, seed)


@dataclass(frozen=True, slots=True)
class Unnoticed(Request):
    """What an attacker who knows the detection scores makes of the clean picture, within the limit of the settings."""

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        knowing = read_by_attack(replace(recipe.settings.attack, attack=UNNOTICED_ATTACK))
        return {"picture": recipe.picture, "classes": recipe.classes, "label": recipe.label, "settings": knowing}

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        return attack_passes(self.slice(backbone, recipe)["settings"], len(recipe.classes), backbone.layers)

    @staticmethod
    def compute(
        backbone: Backbone, picture: Picture, classes: Classes, label: int | None, settings: AttackSettings
    ) -> Iterator[Adversarial]:
        yield result_of(attack(backbone, picture.pixels, classes, settings, label))


@dataclass(frozen=True, slots=True)
class Detected(Request):
    """The detection scores of the story's pictures: the attacked one and, where it is known, the clean one, that under
    noise as large, and what an attacker who knows the scores makes of it.

    The last there is for attacks that have a limit. Chance is drawn by the seed of the views, which is the defender's.
    """

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        seeds = {"seed": recipe.settings.views.seed, "noise_seed": recipe.settings.attack.seed}
        return {"picture": recipe.picture if recipe.clean_known else None} | {"classes": recipe.classes} | seeds

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        limited = recipe.attacked is None and ATTACKS.named(recipe.settings.attack.attack).limited
        noise = {"noise": Control()} if recipe.clean_known else {}
        return {"attacked": Attack()} | noise | ({"unnoticed": Unnoticed()} if limited else {})

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        return TOGETHER * (2 + 2 * recipe.clean_known)

    @staticmethod
    def compute(
        backbone: Backbone,
        picture: Picture | None,
        classes: Classes,
        seed: int,
        noise_seed: int,
        attacked: Adversarial,
        noise: Prediction | None = None,
        unnoticed: Adversarial | None = None,
    ) -> Iterator[Detection]:
        shown: dict[str, tuple[Tensor, Prediction | None]] = {ATTACKED: (attacked.saved, attacked.after_saved)}
        if picture is not None:
            shown[CLEAN] = picture.pixels, attacked.before
            shown[NOISE] = pixels_of(NOISE, picture, attacked, noise_seed), noise
        if unnoticed is not None:
            shown[UNNOTICED] = unnoticed.saved, unnoticed.after_saved
        found = {name: suspected(backbone, pixels, seed, answer) for name, (pixels, answer) in shown.items()}
        yield Detection(backbone.fingerprint, attacked.label, {name: found[name] for name in PICTURES if name in found})
