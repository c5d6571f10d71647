"""Recipes carried out on one picture: views are made once and shared, and every defence gives its answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from ..classes import Classes
from ..models import Backbone
from ..models.giving_way import own_seconds
from ..models.predict import check_pixels
from ..results import DefenceResult, Prediction, ViewSet
from ..settings import Settings, TuneSettings, ViewSettings
from ..views.guided import make_views
from .base import Case, Defence, Purify, Weigh
from .registry import DEFENCES, PURIFIERS
from .tuning import tune


def defend(
    backbone: Backbone,
    pixels: Tensor,
    classes: Classes,
    settings: Settings,
    made: Iterable[ViewSet] = (),
) -> Iterator[DefenceResult]:
    """The answers of `settings.defences`, in that order, for pixels (3, s, s) in [0, 1].

    Views of one kind are made once and shared, and their seconds are charged to every defence that uses them.
    `made` are views of this picture that exist already, made with `settings.views`. Recipes override the settings'
    kind of views, loss and weighting. With `settings.purifier`, every defence sees the picture purified by it first; of
    MAC's two pictures the second, jittered one is shown to defences without views and purifier of their own only.
    Raises `EngineError` for a defence that is not one of `DEFENCES` or a purifier that is not one of `PURIFIERS`.
    """
    chosen = [(name, DEFENCES.named(name)) for name in settings.defences]
    shown = purified(backbone, pixels, classes, settings)
    known = {} if settings.purifier else {_key(settings.views, views): views for views in made}
    for name, defence in chosen:
        asked = defence.classes(backbone, classes, settings.domain_word)
        if defence.views is None:
            yield answer_of_pictures(backbone, shown, asked, settings, name)
            continue
        wanted = defence.views(settings.views)
        if (wanted, asked) not in known:
            known[wanted, asked] = make_views(backbone, shown.pictures[0], asked, wanted)
        yield answer_of_views(backbone, known[wanted, asked], settings, name, shown.seconds)


@dataclass(frozen=True, eq=False, slots=True)
class Purified:
    """What defences look at: pictures (m, 3, s, s), and the seconds that purifying took; m is 1 for nearly all."""

    pictures: Tensor
    seconds: float


def purified(backbone: Backbone, pixels: Tensor, classes: Classes, settings: Settings) -> Purified:
    """Pixels (3, s, s) in [0, 1] after `settings.purifier`; the picture itself where there is none."""
    purify = PURIFIERS.named(settings.purifier).purify if settings.purifier else None
    check_pixels(backbone, pixels)
    return _purified(backbone, pixels, classes, purify, settings.views.seed)


def answer_of_pictures(
    backbone: Backbone, shown: Purified, classes: Classes, settings: Settings, name: str
) -> DefenceResult:
    """The answer of a defence without views; `classes` are in the sentences that it puts them into."""
    started = own_seconds()
    prediction = _look(backbone, shown.pictures, classes, DEFENCES[name], settings)
    return DefenceResult(name, prediction, shown.seconds + own_seconds() - started)


def answer_of_views(
    backbone: Backbone, views: ViewSet, settings: Settings, name: str, before: float = 0.0
) -> DefenceResult:
    """The answer of a defence from views that were made as it wants them; `before` are seconds spent on purifying."""
    started = own_seconds()
    defence, classes = DEFENCES[name], views.classes
    with torch.no_grad():
        logits = defence.answer(tuned_case(backbone, views, classes, settings, defence))
    return DefenceResult(name, Prediction(classes, logits), before + views.seconds + own_seconds() - started)


def _key(settings: ViewSettings, views: ViewSet) -> tuple[ViewSettings, Classes]:
    return replace(settings, kind=views.kind, count=len(views)), views.classes


def _purified(backbone: Backbone, pixels: Tensor, classes: Classes, purify: Purify | None, seed: int) -> Purified:
    if purify is None:
        return Purified(pixels[None], 0.0)
    started = own_seconds()
    pictures = purify(backbone, pixels.detach().float().cpu(), classes, seed)
    return Purified(pictures, own_seconds() - started)


@torch.no_grad()
def _look(backbone: Backbone, pixels: Tensor, classes: Classes, defence: Defence, settings: Settings) -> Prediction:
    """Mean logits of the pictures (m, 3, s, s) after the recipe's own purifier, if it has one."""
    if defence.purify is not None:
        pixels = _purified(backbone, pixels[0], classes, defence.purify, settings.views.seed).pictures
    logits = defence.logits(backbone, backbone.encode_image(pixels), backbone.encode_text(classes))
    return Prediction(classes, logits.float().cpu(), scale=backbone.scale)


def tuned_case(backbone: Backbone, views: ViewSet, classes: Classes, settings: Settings, defence: Defence) -> Case:
    """What the recipe's answer is computed from: the views, and their scores and the tuned prompt if it has them."""
    scores = None if defence.score is None else defence.score(backbone, views, classes, settings)
    case = Case(backbone, classes, views, settings, scores=scores)
    if defence.loss is None:
        return case
    weigh = None if scores is None or defence.weigh is None else partial(_weighed, defence.weigh, scores)
    *_, last = tune(backbone, views, classes, recipe_tuning(settings.tuning, defence), weigh, defence.loss)
    return replace(case, step=last)


def _weighed(weigh: Weigh, scores: Tensor, kept: Tensor) -> Tensor:
    return weigh(scores[kept])


def recipe_tuning(settings: TuneSettings, defence: Defence) -> TuneSettings:
    """The settings' tuning with what the paper fixes."""
    return settings if defence.keep is None else replace(settings, keep=defence.keep)
