"""Requests for the pictures of a story and the model's answers to them, and how others say which they are about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from ...attacks.elsewhere import attacked_elsewhere, measuring_passes
from ...attacks.run import attack_passes
from ...classes import Classes
from ...defences.target import target_defence
from ...errors import require
from ...models import Backbone
from ...models.predict import predict, predict_each
from ...numerics.baselines import sign_noise
from ...passes import Passes
from ...results import UNKNOWN_CLEAN, Adversarial, AttackStep, Prediction
from ...settings import AttackSettings, Settings
from ..attack import attack
from ..recipe import ANSWER, ATTACKED, CLEAN, LABEL, NOISE, Picture, Recipe
from ..slices import read_by_attack, read_of_target
from .base import Request

About = int | str  # the number of a class, `LABEL` or `ANSWER`


@dataclass(frozen=True, slots=True)
class Clean(Request):
    """The model's answer to the picture, and whether the picture is of the kind that it knows."""

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        return {"picture": recipe.picture, "classes": recipe.classes}

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        return Passes(1 if backbone.measure is None else 2)

    @staticmethod
    def compute(backbone: Backbone, picture: Picture, classes: Classes) -> Iterator[Prediction]:
        answer = predict(backbone, picture.pixels, classes)
        yield replace(answer, familiarity=backbone.knows(picture.pixels))


@dataclass(frozen=True, slots=True)
class Attack(Request):
    """The attacked picture, behind a step for every pass of the attack; one attacked elsewhere as it was given."""

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        settings = recipe.settings
        if recipe.attacked is not None:
            given = {"picture": recipe.picture if recipe.clean_known else None, "given": recipe.attacked}
            return given | {"classes": recipe.classes, "label": recipe.label}
        own = {"settings": read_by_attack(settings.attack), "defended": read_of_target(settings)}
        return {"picture": recipe.picture, "classes": recipe.classes, "label": recipe.label} | own

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        if recipe.attacked is not None:
            return measuring_passes(recipe.clean_known)
        held = self.slice(backbone, recipe)
        target = target_defence(held["settings"], held["defended"])
        return attack_passes(held["settings"], len(recipe.classes), backbone.layers, target)

    @staticmethod
    def compute(
        backbone: Backbone,
        picture: Picture | None,
        classes: Classes,
        label: int | None,
        settings: AttackSettings | None = None,
        defended: Settings | None = None,
        given: Picture | None = None,
    ) -> Iterator[AttackStep | Adversarial]:
        clean = None if picture is None else picture.pixels
        if given is not None:
            yield attacked_elsewhere(backbone, given.pixels, clean, classes, label)
        elif clean is not None and settings is not None:
            yield from attack(backbone, clean, classes, settings, label, defended)


def needed_for(picture: str, recipe: Recipe) -> dict[str, Request]:
    """What a part needs that looks at this picture of the story; raises `EngineError` for one that is not known."""
    require(picture == ATTACKED or recipe.clean_known, UNKNOWN_CLEAN)
    return {} if picture == CLEAN else {"attacked": Attack()}


def pixels_of(which: str, picture: Picture, attacked: Adversarial | None, seed: int) -> Tensor:
    """Of a picture of the story, (3, s, s)."""
    if attacked is None or which == CLEAN:
        return picture.pixels
    if which == ATTACKED:
        return attacked.saved
    if attacked.null is not None:
        return attacked.null.pixels
    return sign_noise(picture.pixels, attacked.per_channel, seed, attacked.inside)


def arms_of(picture: Picture, attacked: Adversarial, seed: int) -> dict[str, Tensor]:
    """Of the pictures of a story the clean one, the attacked one and, where anything was changed, that under as much
    noise, (3, s, s) each."""
    arms = (CLEAN, ATTACKED, *((NOISE,) if attacked.per_channel else ()))
    return {arm: pixels_of(arm, picture, attacked, seed) for arm in arms}


def needed_for_class(recipe: Recipe, about: About) -> dict[str, Request]:
    """What a part needs that is about this class."""
    if about == ANSWER or (about == LABEL and recipe.label is None and not recipe.clean_known):
        return {"attacked": Attack()}
    return {"answer": Clean()} if about == LABEL and recipe.label is None else {}


def class_known(recipe: Recipe, about: About) -> About:
    """The number of the class where the recipe tells it."""
    return recipe.label if about == LABEL and recipe.label is not None else about


def class_number(about: About, answer: Prediction | None, attacked: Adversarial | None) -> int:
    """The number of the class, which the results tell where it is symbolic."""
    if about == LABEL and answer is not None:
        return answer.label
    return attacked.after_saved.label if about in (ANSWER, LABEL) and attacked is not None else int(about)


@dataclass(frozen=True, slots=True)
class Control(Request):
    """The model's answer to the clean picture under random noise as large as the attack's change."""

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        return {"picture": recipe.picture, "classes": recipe.classes, "seed": recipe.settings.attack.seed}

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        return needed_for(NOISE, recipe)

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        return Passes(1)

    @staticmethod
    def compute(
        backbone: Backbone, picture: Picture, classes: Classes, seed: int, attacked: Adversarial
    ) -> Iterator[Prediction]:
        yield predict(backbone, pixels_of(NOISE, picture, attacked, seed), classes)


@dataclass(frozen=True, slots=True)
class Answers(Request):
    """The model's answers to these pictures, in one pass; the recipe's own is not asked about."""

    pictures: tuple[Picture, ...]

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        return {"pictures": self.pictures, "classes": recipe.classes}

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        return Passes(len(self.pictures))

    @staticmethod
    def compute(
        backbone: Backbone, pictures: tuple[Picture, ...], classes: Classes
    ) -> Iterator[tuple[Prediction, ...]]:
        yield predict_each(backbone, torch.stack([one.pixels for one in pictures]), classes)
