"""The parts of a story, each a request for one result: what it reads of the recipe, what it needs, how it is computed.

`compute` is given the slice of the recipe and the results that a request names, and nothing else. So what a part has
not declared it cannot read, and a result is determined by its slice and by the keys of what it needs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor

from ..attacks.elsewhere import attacked_elsewhere, measuring_passes
from ..attacks.registry import ATTACKS
from ..attacks.run import attack_passes, result_of
from ..classes import Classes
from ..defences.defend import Purified, answer_of_pictures, answer_of_views, purified
from ..defences.ensemble import fuse
from ..defences.registry import DEFENCES, PURIFIERS
from ..defences.target import target_defence
from ..defences.tuning import Tuned, Tuning
from ..detection.scores import TOGETHER
from ..errors import require
from ..maps.attend import attend
from ..maps.heads import AttentionHeads, attention_heads
from ..maps.occlusion import STEPS, Occlusion, occlude
from ..maps.registry import MAPS
from ..maps.words import WordRelevance, word_relevance
from ..models import Backbone
from ..models.predict import predict, predict_each
from ..numerics.baselines import random_map, sign_noise
from ..numerics.corruptions import SEVERITIES
from ..passes import Passes
from ..results import (
    UNKNOWN_CLEAN,
    Adversarial,
    AttackStep,
    AttentionMap,
    DefenceResult,
    Ensemble,
    Prediction,
    ViewSet,
)
from ..settings import (
    KEY,
    AttackSettings,
    AttentionSettings,
    EnsembleSettings,
    LensSettings,
    Settings,
    TuneSettings,
    ViewSettings,
)
from ..transformations import TRANSFORMATIONS
from ..views.guided import make_views
from ..views.passes import view_passes
from .attack import attack
from .detection import PICTURES, UNNOTICED, UNNOTICED_ATTACK, Detection, suspected
from .lens import Lenses, lenses
from .places import Places, places
from .recipe import ANSWER, ATTACKED, CLEAN, LABEL, NOISE, Picture, Recipe, only
from .severities import Severities, severities
from .slices import read_by_attack, read_by_defence, read_by_views, read_of_target
from .survival import Survival, survival

About = int | str  # the number of a class, `LABEL` or `ANSWER`


class Request(ABC):
    """A part of the story with its arguments; equal requests of one recipe have one result.

    `slice` gives the values that `compute` may read of the recipe, by the names of its parameters, with the default in
    place of every setting that it does not read. `needs` gives the requests whose results it is given, by name too.
    `compute` yields what there is on the way, and the result last. `passes` is what it takes at most.
    """

    @abstractmethod
    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]: ...

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        return {}

    @abstractmethod
    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes: ...

    def cost(self, backbone: Backbone, recipe: Recipe) -> float:
        """What computing takes at most, that of its needs left out, in the unit of `Passes.cost`: the pass of one
        picture forward through the image tower. Raises `EngineError` for what computing refuses unseen.
        """
        passes = self.passes(backbone, recipe)
        return passes.cost(backbone.reading_cost(recipe.classes) if passes.text_forward else 0.0)

    @staticmethod
    @abstractmethod
    def compute(*backbone: Any, **held: Any) -> Iterator[Any]: ...


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


def _shown(picture: str, recipe: Recipe) -> dict[str, Request]:
    """What a part needs that looks at this picture of the story; raises `EngineError` for one that is not known."""
    require(picture == ATTACKED or recipe.clean_known, UNKNOWN_CLEAN)
    return {} if picture == CLEAN else {"attacked": Attack()}


def _pixels(which: str, picture: Picture, attacked: Adversarial | None, seed: int) -> Tensor:
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
    return {arm: _pixels(arm, picture, attacked, seed) for arm in arms}


def _class_needed(recipe: Recipe, about: About) -> dict[str, Request]:
    """What a part needs that is about this class."""
    if about == ANSWER or (about == LABEL and recipe.label is None and not recipe.clean_known):
        return {"attacked": Attack()}
    return {"answer": Clean()} if about == LABEL and recipe.label is None else {}


def _known(recipe: Recipe, about: About) -> About:
    """The number of the class where the recipe tells it."""
    return recipe.label if about == LABEL and recipe.label is not None else about


def _number(about: About, answer: Prediction | None, attacked: Adversarial | None) -> int:
    """The number of the class, which the results tell where it is symbolic."""
    if about == LABEL and answer is not None:
        return answer.label
    return attacked.after_saved.label if about in (ANSWER, LABEL) and attacked is not None else int(about)


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
        about = {"about": _known(recipe, self.about), "against": self.against, "which": self.picture}
        settings = {"settings": only(replace(chosen, **own), read)}
        return {"picture": recipe.picture, "classes": recipe.classes} | settings | about | noise

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        return _shown(self.picture, recipe) | _class_needed(recipe, self.about)

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
        label = _number(about, answer, attacked)
        yield attend(backbone, _pixels(which, picture, attacked, seed), classes, settings, label, against)


@dataclass(frozen=True, slots=True)
class Guide(Request):
    """The map that A-TPT's mixing goes by, drawn of one whole picture: for the model's own answer to it, as views have
    theirs."""

    picture: str = ATTACKED

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        own = {"guide": recipe.settings.views.guide, "which": self.picture}
        return {"picture": recipe.picture, "classes": recipe.classes} | own

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        return _shown(self.picture, recipe)

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
        yield attend(backbone, _pixels(which, picture, attacked, 0), classes, AttentionSettings(guide))


@dataclass(frozen=True, slots=True)
class Heads(Request):
    """What every head attends to in a picture."""

    picture: str = CLEAN

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        return {"picture": recipe.picture, "classes": recipe.classes, "which": self.picture}

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        return _shown(self.picture, recipe)

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        return Passes(1)

    @staticmethod
    def compute(
        backbone: Backbone, picture: Picture, classes: Classes, which: str, attacked: Adversarial | None = None
    ) -> Iterator[AttentionHeads]:
        yield attention_heads(backbone, _pixels(which, picture, attacked, 0), classes)


@dataclass(frozen=True, slots=True)
class Words(Request):
    """How much each word of a class's sentence counts for a picture."""

    picture: str = CLEAN
    about: About = LABEL

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        about = {"about": _known(recipe, self.about), "which": self.picture}
        return {"picture": recipe.picture, "classes": recipe.classes} | about

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        return _shown(self.picture, recipe) | _class_needed(recipe, self.about)

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
        label = _number(about, answer, attacked)
        yield word_relevance(backbone, _pixels(which, picture, attacked, 0), classes, label)


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
        return {"drawn": Map(self.picture, self.map, self.about, self.against)} | _shown(self.picture, recipe)

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
        yield occlude(backbone, _pixels(which, picture, attacked, 0), order, classes, drawn.label, seed=seed)


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
        return _shown(self.picture, recipe)

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
        yield purified(backbone, _pixels(which, picture, attacked, 0), classes, settings)


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
class Control(Request):
    """The model's answer to the clean picture under random noise as large as the attack's change."""

    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]:
        return {"picture": recipe.picture, "classes": recipe.classes, "seed": recipe.settings.attack.seed}

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        return _shown(NOISE, recipe)

    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes:
        return Passes(1)

    @staticmethod
    def compute(
        backbone: Backbone, picture: Picture, classes: Classes, seed: int, attacked: Adversarial
    ) -> Iterator[Prediction]:
        yield predict(backbone, _pixels(NOISE, picture, attacked, seed), classes)


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
            shown[NOISE] = _pixels(NOISE, picture, attacked, noise_seed), noise
        if unnoticed is not None:
            shown[UNNOTICED] = unnoticed.saved, unnoticed.after_saved
        found = {name: suspected(backbone, pixels, seed, answer) for name, (pixels, answer) in shown.items()}
        yield Detection(backbone.fingerprint, attacked.label, {name: found[name] for name in PICTURES if name in found})


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
