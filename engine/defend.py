"""Recipes carried out on one picture: views are made once and shared, and every method tells what it answers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from .agreement import agreement, agreement_weights
from .backbone import Backbone
from .classes import Classes
from .errors import require
from .methods import METHODS, Method
from .predict import check_pixels
from .predictors import Case, answer
from .purify import PURIFIERS
from .settings import Settings, TuneSettings, ViewSettings
from .tuning import tune
from .types import Defence, Prediction, ViewSet
from .views import make_views


def defend(
    backbone: Backbone,
    pixels: Tensor,
    classes: Classes,
    settings: Settings,
    made: Iterable[ViewSet] = (),
) -> Iterator[Defence]:
    """The answers of `settings.methods`, in that order, for pixels (3, s, s) in [0, 1].

    Views of one kind are made once and shared, and their seconds are charged to every method that uses them.
    `made` are views of this picture that exist already, made with `settings.views`. Recipes override the settings'
    kind of views, loss and weighting. With `settings.purifier`, every method sees the picture purified by it first; of
    MAC's two pictures the second, jittered one is shown to methods without views and purifier of their own only.
    Raises `EngineError` for a method that is not one of `METHODS`.
    """
    for name in settings.methods:
        require(name in METHODS, f"Expected methods among {', '.join(METHODS)}; got “{name}”.")
    check_pixels(backbone, pixels)
    before, pixels = _purified(backbone, pixels, classes, settings.purifier, settings.views.seed)
    known = {} if settings.purifier else {_key(settings.views, views): views for views in made}
    for name in settings.methods:
        method = METHODS[name]
        asked = recipe_classes(backbone, method, classes, settings.domain_word)
        started = time.perf_counter()
        if method.views is None:
            prediction = _look(backbone, pixels, asked, method, settings)
            yield Defence(name, prediction, before + time.perf_counter() - started)
            continue
        wanted = recipe_views(settings.views, method)
        if (wanted, asked) not in known:
            known[wanted, asked] = make_views(backbone, pixels[0], asked, wanted)
        views = known[wanted, asked]
        started = time.perf_counter()
        prediction = answer(tuned_case(backbone, views, asked, settings, method), method.predictor)
        yield Defence(name, prediction, before + views.seconds + time.perf_counter() - started)


def recipe_classes(backbone: Backbone, method: Method, classes: Classes, domain_word: str = "") -> Classes:
    """The classes in the sentences that the recipe puts them into."""
    if method.templates:
        return replace(classes, templates=backbone.templates)
    return with_domain_word(classes, domain_word) if method.domain else classes


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


def recipe_views(settings: ViewSettings, method: Method) -> ViewSettings:
    """The settings' views as the recipe needs them."""
    return replace(
        settings, kind=method.views, count=method.count or settings.count, map=method.map or settings.map
    )


def recipe_tuning(settings: TuneSettings, method: Method) -> TuneSettings:
    """The settings' tuning as the recipe, which must tune, needs it."""
    return replace(settings, loss=method.loss, keep=method.keep or settings.keep)


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
def _look(backbone: Backbone, pixels: Tensor, classes: Classes, method: Method, settings: Settings) -> Prediction:
    """Mean logits of the pictures (m, 3, s, s) after the recipe's own purifier, if it has one."""
    if method.purifier:
        _, pixels = _purified(backbone, pixels[0], classes, method.purifier, settings.views.seed)
    logits = backbone.logits(backbone.encode_image(pixels), backbone.encode_text(classes))
    return Prediction(classes, logits.mean(0).float().cpu())


def tuned_case(backbone: Backbone, views: ViewSet, classes: Classes, settings: Settings, method: Method) -> Case:
    """What the recipe's predictor will look at: the views, their scores and the tuned prompt, as far as it has them."""
    case = Case(backbone, classes, views, None, settings)
    if method.scored:
        case = replace(case, scores=agreement(backbone, views, classes, settings.views.seed, settings.ensemble.legacy))
    if method.loss is not None:
        weigh = None if case.scores is None else partial(_weigh, case.scores)
        *_, last = tune(backbone, views, classes, recipe_tuning(settings.tuning, method), weigh)
        case = replace(case, step=last)
    return case


def _weigh(scores: Tensor, kept: Tensor) -> Tensor:
    return agreement_weights(scores[kept])
