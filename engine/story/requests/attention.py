"""Requests for what the model looks at: maps, heads, words, patches, and how well a map says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from ...classes import Classes
from ...maps.attend import attend
from ...maps.heads import AttentionHeads, attention_heads
from ...maps.occlusion import STEPS, Occlusion, occlude
from ...maps.registry import MAPS
from ...maps.words import WordRelevance, word_relevance
from ...models import Backbone
from ...numerics.baselines import random_map
from ...passes import Passes
from ...results import Adversarial, AttentionMap, Prediction
from ...settings import KEY, AttentionSettings, LensSettings
from ..lens import Lenses, lenses
from ..recipe import ATTACKED, CLEAN, LABEL, NOISE, Picture, Recipe, only
from .base import Request
from .pictures import About, Attack, arms_of, class_known, class_number, needed_for, needed_for_class, pixels_of


@dataclass(frozen=True, slots=True)
class Map(Request):
    """A map of one picture about a class, alone or against another; empty `map`: the settings' own.

    With `shuffled`, the map of a model whose blocks "last" or "all" are shuffled, whatever the settings say.
    """

    picture: str = CLEAN
    map: str = ""
    about: About = LABEL
    against: int | None = None
    shuffled: str = ""

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        chosen = recipe.settings.attention
        own = {"map": self.map or chosen.map, "shuffled": self.shuffled or chosen.shuffled}
        owners = {one.name: one.metadata[KEY].owner for one in fields(chosen)}
        read = [name for name, maps in owners.items() if not maps or own["map"] in maps]
        if not own["shuffled"] and own["map"] != "random":
            read.remove("seed")
        noise = {"seed": recipe.settings.attack.seed if self.picture == NOISE else 0}
        about = {"about": class_known(recipe, self.about), "against": self.against, "which": self.picture}
        settings = {"settings": only(replace(chosen, **own), read)}
        return {"picture": recipe.picture, "classes": recipe.classes} | settings | about | noise

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        return needed_for(self.picture, recipe) | needed_for_class(recipe, self.about)

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        settings = self.slice(backbone, recipe)["settings"]
        return MAPS.named(settings.map).passes(backbone.layers, settings)

    @staticmethod
    def compute(
        backbone: Backbone,
        picture: Picture,
        classes: Classes,
        settings: AttentionSettings,
        about: About,
        against: int | None,
        which: str,
        seed: int,
        answer: Prediction | None = None,
        attacked: Adversarial | None = None,
    ) -> Iterator[AttentionMap]:
        label = class_number(about, answer, attacked)
        yield attend(backbone, pixels_of(which, picture, attacked, seed), classes, settings, label, against)


@dataclass(frozen=True, slots=True)
class Guide(Request):
    """The map that A-TPT's mixing goes by, drawn of one whole picture: for the model's own answer to it, as views have
    theirs."""

    picture: str = ATTACKED

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        own = {"guide": recipe.settings.views.guide, "which": self.picture}
        return {"picture": recipe.picture, "classes": recipe.classes} | own

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        return needed_for(self.picture, recipe)

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        guide = recipe.settings.views.guide
        return MAPS.named(guide).passes(backbone.layers, AttentionSettings(guide))

    @staticmethod
    def compute(
        backbone: Backbone,
        picture: Picture,
        classes: Classes,
        guide: str,
        which: str,
        attacked: Adversarial | None = None,
    ) -> Iterator[AttentionMap]:
        yield attend(backbone, pixels_of(which, picture, attacked, 0), classes, AttentionSettings(guide))


@dataclass(frozen=True, slots=True)
class Heads(Request):
    """What every head attends to in a picture."""

    picture: str = CLEAN

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        return {"picture": recipe.picture, "classes": recipe.classes, "which": self.picture}

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        return needed_for(self.picture, recipe)

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        return Passes(1)

    @staticmethod
    def compute(
        backbone: Backbone, picture: Picture, classes: Classes, which: str, attacked: Adversarial | None = None
    ) -> Iterator[AttentionHeads]:
        yield attention_heads(backbone, pixels_of(which, picture, attacked, 0), classes)


@dataclass(frozen=True, slots=True)
class Words(Request):
    """How much each word of a class's sentence counts for a picture."""

    picture: str = CLEAN
    about: About = LABEL

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        about = {"about": class_known(recipe, self.about), "which": self.picture}
        return {"picture": recipe.picture, "classes": recipe.classes} | about

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        return needed_for(self.picture, recipe) | needed_for_class(recipe, self.about)

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        sentence = 1 / len(recipe.classes)
        return Passes(1, text_forward=sentence, text_back=sentence)

    @staticmethod
    def compute(
        backbone: Backbone,
        picture: Picture,
        classes: Classes,
        about: About,
        which: str,
        answer: Prediction | None = None,
        attacked: Adversarial | None = None,
    ) -> Iterator[WordRelevance]:
        label = class_number(about, answer, attacked)
        yield word_relevance(backbone, pixels_of(which, picture, attacked, 0), classes, label)


@dataclass(frozen=True, slots=True)
class Curves(Request):
    """Deletion and insertion on a picture, in the order of its map or, with `chance`, of a random one.

    Empty `map`: the settings' own. Patches of equal value go in an order drawn from `seed`.
    """

    chance: bool = False
    about: About = LABEL
    against: int | None = None
    picture: str = CLEAN
    map: str = ""
    seed: int = 0

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        own = {"chance": self.chance, "which": self.picture, "seed": self.seed}
        return {"picture": recipe.picture, "classes": recipe.classes} | own

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        return {"drawn": Map(self.picture, self.map, self.about, self.against)} | needed_for(self.picture, recipe)

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        return Passes(2 * (STEPS + 1))

    @staticmethod
    def compute(
        backbone: Backbone,
        picture: Picture,
        classes: Classes,
        chance: bool,
        which: str,
        seed: int,
        drawn: AttentionMap,
        attacked: Adversarial | None = None,
    ) -> Iterator[Occlusion]:
        rows, columns = drawn.raw.shape
        order = random_map((rows, columns), drawn.label) if chance else drawn.raw
        yield occlude(backbone, pixels_of(which, picture, attacked, 0), order, classes, drawn.label, seed=seed)


@dataclass(frozen=True, slots=True)
class Read(Request):
    """What every patch is read as after every layer, in the attacked picture and, where it is known, in the clean one
    and under noise as large as the change."""

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        known = {"picture": recipe.picture, "seed": recipe.settings.attack.seed} if recipe.clean_known else {}
        return {"classes": recipe.classes, "settings": recipe.settings.lens} | known

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        return {"attacked": Attack()}

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        return Passes(3 if recipe.clean_known else 1)

    @staticmethod
    def compute(
        backbone: Backbone,
        classes: Classes,
        settings: LensSettings,
        attacked: Adversarial,
        picture: Picture | None = None,
        seed: int = 0,
    ) -> Iterator[Lenses]:
        pictures = {ATTACKED: attacked.saved} if picture is None else arms_of(picture, attacked, seed)
        yield lenses(backbone, pictures, classes, settings, attacked)
