"""Requests for what a defence does: purify, make views, tune, weigh, answer; and where all of that lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...classes import Classes
from ...defences.defend import Purified, answer_of_pictures, answer_of_views, purified
from ...defences.ensemble import fuse
from ...defences.registry import DEFENCES, PURIFIERS
from ...defences.tuning import Tuned, Tuning
from ...models import Backbone
from ...passes import Passes
from ...results import Adversarial, DefenceResult, Ensemble, Prediction, ViewSet
from ...settings import EnsembleSettings, Settings, TuneSettings, ViewSettings
from ...views.guided import make_views
from ...views.passes import view_passes
from ..places import Places, places
from ..recipe import ATTACKED, Picture, Recipe, only
from ..slices import read_by_defence, read_by_views
from .base import Request
from .pictures import Attack, Control, needed_for, pixels_of


@dataclass(frozen=True, slots=True)
class Shown(Request):
    """A picture as views are made of it; for defences `purified` where the settings name a purifier."""

    purified: bool = True
    picture: str = ATTACKED

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        purifier = recipe.settings.purifier if self.purified else ""
        seed = recipe.settings.views.seed if purifier else 0
        own = {"purifier": purifier, "seed": seed, "which": self.picture}
        return {"picture": recipe.picture, "classes": recipe.classes} | own

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        return needed_for(self.picture, recipe)

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        purifier = self.slice(backbone, recipe)["purifier"]
        return PURIFIERS.named(purifier).purify_passes if purifier else Passes()

    @staticmethod
    def compute(
        backbone: Backbone,
        picture: Picture,
        classes: Classes,
        purifier: str,
        seed: int,
        which: str,
        attacked: Adversarial | None = None,
    ) -> Iterator[Purified]:
        settings = Settings(views=ViewSettings(seed=seed), purifier=purifier)
        yield purified(backbone, pixels_of(which, picture, attacked, 0), classes, settings)


@dataclass(frozen=True, slots=True)
class Views(Request):
    """Views of a picture as the settings have them; with `defence`, of what defences look at, as it asks."""

    defence: str = ""
    picture: str = ATTACKED

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        classes, wanted = recipe.classes, recipe.settings.views
        if self.defence:
            asked = DEFENCES.named(self.defence)
            classes = asked.classes(backbone, classes, recipe.settings.domain_word)
            wanted = wanted if asked.views is None else asked.views(wanted)
        return {"classes": classes, "settings": read_by_views(wanted)}

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        return {"shown": Shown(bool(self.defence), self.picture)}

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        return view_passes(self.slice(backbone, recipe)["settings"], backbone.layers)

    @staticmethod
    def compute(
        backbone: Backbone,
        classes: Classes,
        settings: ViewSettings,
        shown: Purified,
    ) -> Iterator[ViewSet]:
        yield make_views(backbone, shown.pictures[0], classes, settings)


@dataclass(frozen=True, slots=True)
class Tune(Request):
    """The prompt after `step` updates, with what the next one goes on from."""

    step: int

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        read = ("loss", "keep", "legacy", *(("learning_rate", "weight_decay") if self.step else ()))
        return {"classes": recipe.classes, "settings": only(recipe.settings.tuning, read)}

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        return {"views": Views()} | ({"before": Tune(self.step - 1)} if self.step else {})

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        return Passes(text_forward=2, text_back=1) if self.step else Passes(text_forward=1)

    @staticmethod
    def compute(
        backbone: Backbone, classes: Classes, settings: TuneSettings, views: ViewSet, before: Tuned | None = None
    ) -> Iterator[Tuned]:
        tuning = Tuning(backbone, views, classes, settings)
        yield tuning.begin() if before is None else tuning.update(before)


@dataclass(frozen=True, slots=True)
class Weighted(Request):
    """The answer of the weighted views under the prompt after all updates of the settings, and before them."""

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        return {"settings": recipe.settings.ensemble}

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        return {"views": Views(), "first": Tune(0), "tuned": Tune(recipe.settings.tuning.steps)}

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        return Passes()

    @staticmethod
    def compute(
        backbone: Backbone, settings: EnsembleSettings, views: ViewSet, first: Tuned, tuned: Tuned
    ) -> Iterator[Ensemble]:
        untuned = fuse(views, first.step, settings).prediction
        yield replace(fuse(views, tuned.step, settings), untuned=untuned)


@dataclass(frozen=True, slots=True)
class Defended(Request):
    """A defence's answer to a picture."""

    defence: str
    picture: str = ATTACKED

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        asked, settings = DEFENCES.named(self.defence), recipe.settings
        classes = asked.classes(backbone, recipe.classes, settings.domain_word)
        return {"name": self.defence, "classes": classes, "settings": read_by_defence(asked, settings)}

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        with_views = DEFENCES.named(self.defence).views is not None
        views = {"views": Views(self.defence, self.picture)} if with_views else {}
        return {"shown": Shown(picture=self.picture)} | views

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        purifier = recipe.settings.purifier
        shown = PURIFIERS.named(purifier).pictures if purifier else 1
        return DEFENCES.named(self.defence).answer_passes(recipe.settings, shown)

    @staticmethod
    def compute(
        backbone: Backbone,
        name: str,
        classes: Classes,
        settings: Settings,
        shown: Purified,
        views: ViewSet | None = None,
    ) -> Iterator[DefenceResult]:
        if views is None:
            yield answer_of_pictures(backbone, shown, classes, settings, name)
        else:
            yield answer_of_views(backbone, views, settings, name, shown.seconds)


@dataclass(frozen=True, slots=True)
class Placed(Request):
    """Where the pictures of the story went, on the plane of three sentences.

    Where the clean picture is known, random noise as large as the attack has its place beside them.
    """

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        return {}

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        steps = {f"step_{index}": Tune(index) for index in range(recipe.settings.tuning.steps + 1)}
        noise = {"noise": Control()} if recipe.clean_known else {}
        return {"attacked": Attack(), "views": Views(), "weighted": Weighted()} | noise | steps

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        return Passes()

    @staticmethod
    def compute(
        backbone: Backbone,
        attacked: Adversarial,
        views: ViewSet,
        weighted: Ensemble,
        noise: Prediction | None = None,
        **steps: Tuned,
    ) -> Iterator[Places]:
        tuned = [steps[f"step_{index}"].step for index in range(len(steps))]
        there = noise if attacked.per_channel else None
        yield places(attacked, there, views, tuned, weighted, backbone.scale)
