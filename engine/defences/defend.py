"""Recipes carried out on one picture: views are made once and shared, and every defence tells what it answers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from ..classes import Classes
from ..errors import require
from ..models import Backbone
from ..models.predict import check_pixels
from ..results import DefenceResult, Prediction, ViewSet
from ..settings import Settings, TuneSettings, ViewSettings
from ..views.guided import make_views
from .agreement import agreement, agreement_weights
from .predictors import Case, answer
from .purify import PURIFIERS
from .registry import DEFENCES, Defence
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
    Raises `EngineError` for a defence that is not one of `DEFENCES`.
    """
    for name in settings.defences:
        require(name in DEFENCES, f"Expected defences among {', '.join(DEFENCES)}; got “{name}”.")
    check_pixels(backbone, pixels)
    before, pixels = _purified(backbone, pixels, classes, settings.purifier, settings.views.seed)
    known = {} if settings.purifier else {_key(settings.views, views): views for views in made}
    for name in settings.defences:
        defence = DEFENCES[name]
        asked = recipe_classes(backbone, defence, classes, settings.domain_word)
        started = time.perf_counter()
        if defence.views is None:
            prediction = _look(backbone, pixels, asked, defence, settings)
            yield DefenceResult(name, prediction, before + time.perf_counter() - started)
            continue
        wanted = recipe_views(settings.views, defence)
        if (wanted, asked) not in known:
            known[wanted, asked] = make_views(backbone, pixels[0], asked, wanted)
        views = known[wanted, asked]
        started = time.perf_counter()
        prediction = answer(tuned_case(backbone, views, asked, settings, defence), defence.predictor)
        yield DefenceResult(name, prediction, before + views.seconds + time.perf_counter() - started)


def recipe_classes(backbone: Backbone, defence: Defence, classes: Classes, domain_word: str = "") -> Classes:
    """The classes in the sentences that the recipe puts them into."""
    if defence.templates:
        return replace(classes, templates=backbone.templates)
    return with_domain_word(classes, domain_word) if defence.domain else classes


def with_domain_word(classes: Classes, word: str) -> Classes:
    """A-TPT's prompt for a data set: `word` before “photo” in every template, as in “a flower photo of a {}.”.

    An empty word changes nothing. Raises `EngineError` for a template without “photo”.
    """
    if not word:
        return classes
    for template in classes.templates:
        require("photo" in template, f"A domain word stands before “photo”; the prompt “{template}” has none.")
    return replace(classes, templates=tuple(t.replace("photo", f"{word} photo", 1) for t in classes.templates))


def _key(settings: ViewSettings, views: ViewSet) -> tuple[ViewSettings, Classes]:
    return replace(settings, kind=views.kind, count=len(views)), views.classes


def recipe_views(settings: ViewSettings, defence: Defence) -> ViewSettings:
    """The settings' views as the recipe needs them."""
    return replace(
        settings, kind=defence.views, count=defence.count or settings.count, guide=defence.guide or settings.guide
    )


def recipe_tuning(settings: TuneSettings, defence: Defence) -> TuneSettings:
    """The settings' tuning as the recipe, which must tune, needs it."""
    return replace(settings, loss=defence.loss, keep=defence.keep or settings.keep)


def _purified(
    backbone: Backbone, pixels: Tensor, classes: Classes, purifier: str | None, seed: int
) -> tuple[float, Tensor]:
    """Seconds it took, and pictures (m, 3, s, s): the picture itself without a purifier."""
    if not purifier:
        return 0.0, pixels[None]
    require(purifier in PURIFIERS, f"Expected a purifier among {', '.join(PURIFIERS)}; got “{purifier}”.")
    started = time.perf_counter()
    pictures = PURIFIERS[purifier](backbone, pixels.detach().float().cpu(), classes, seed)
    return time.perf_counter() - started, pictures


@torch.no_grad()
def _look(backbone: Backbone, pixels: Tensor, classes: Classes, defence: Defence, settings: Settings) -> Prediction:
    """Mean logits of the pictures (m, 3, s, s) after the recipe's own purifier, if it has one."""
    if defence.purifier:
        _, pixels = _purified(backbone, pixels[0], classes, defence.purifier, settings.views.seed)
    logits = backbone.logits(backbone.encode_image(pixels), backbone.encode_text(classes))
    return Prediction(classes, logits.mean(0).float().cpu())


def tuned_case(backbone: Backbone, views: ViewSet, classes: Classes, settings: Settings, defence: Defence) -> Case:
    """What the recipe's predictor will look at: the views, their scores and the tuned prompt, as far as it has them."""
    case = Case(backbone, classes, views, None, settings)
    if defence.scored:
        case = replace(case, scores=agreement(backbone, views, classes, settings.views.seed, settings.ensemble.legacy))
    if defence.loss is not None:
        weigh = None if case.scores is None else partial(_weigh, case.scores)
        *_, last = tune(backbone, views, classes, recipe_tuning(settings.tuning, defence), weigh)
        case = replace(case, step=last)
    return case


def _weigh(scores: Tensor, kept: Tensor) -> Tensor:
    return agreement_weights(scores[kept])
