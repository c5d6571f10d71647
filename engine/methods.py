"""Test-time defences as recipes: which views, which loss, which predictor. A new paper is a new entry of `METHODS`.

The stages live in `views`, `tuning` and `ensemble`; this file only says which of them a method joins.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from torch import Tensor

from .backbone import Backbone
from .ensemble import fuse
from .errors import require
from .measures import mean_log_probability
from .predict import predict
from .settings import Settings
from .tuning import tune
from .types import Classes, Defence, Prediction, TuneStep, ViewSet
from .views import make_views


@dataclass(frozen=True, slots=True)
class Method:
    """A recipe: `views` are of this kind (None: the picture alone), `loss` tunes the prompt on them (None: untuned),
    `predictor` is a key of `PREDICTORS`. Counts and rates come from the settings.
    """

    title: str
    views: str | None
    loss: str | None
    predictor: str
    source: str
    explanation: str


METHODS: dict[str, Method] = {
    "clip": Method(
        title="CLIP",
        views=None,
        loss=None,
        predictor="view-0",
        source="Radford et al., ICML 2021",
        explanation="The untouched model looks once at the picture.",
    ),
    "view-average": Method(
        title="View average",
        views="augmix",
        loss=None,
        predictor="uniform",
        source="the row “Ensemble” of Sheng et al., CVPR 2025",
        explanation="The model looks at many random crops, and its probabilities are averaged.",
    ),
    "tpt": Method(
        title="TPT",
        views="augmix",
        loss="marginal",
        predictor="view-0",
        source="Shu et al., NeurIPS 2022",
        explanation="The prompt is tuned until the surest crops agree; the picture is then looked at once.",
    ),
    "r-tpt": Method(
        title="R-TPT",
        views="augmix",
        loss="pointwise",
        predictor="similarity",
        source="Sheng et al., CVPR 2025",
        explanation="The prompt is tuned until the surest crops are surer; crops that resemble others count more.",
    ),
    "a-tpt": Method(
        title="A-TPT",
        views="attention",
        loss="pointwise",
        predictor="similarity",
        source="A-TPT, ICML 2026 (arXiv 2605.19956)",
        explanation="As R-TPT, but where the model pays little attention the crops are changed most.",
    ),
}


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
    kind of views, loss and weighting. Raises `EngineError` for a method that is not one of `METHODS`.
    """
    for name in settings.methods:
        require(name in METHODS, f"Expected methods among {', '.join(METHODS)}; got “{name}”.")
    known = {views.kind: views for views in made}
    for name in settings.methods:
        kind = METHODS[name].views
        if kind is not None and kind not in known:
            known[kind] = make_views(backbone, pixels, classes, replace(settings.views, kind=kind))
        started = time.perf_counter()
        if kind is None:
            yield Defence(name, predict(backbone, pixels, classes), time.perf_counter() - started)
            continue
        prediction = _answer(backbone, known[kind], classes, settings, METHODS[name])
        yield Defence(name, prediction, known[kind].seconds + time.perf_counter() - started)


def _answer(backbone: Backbone, views: ViewSet, classes: Classes, settings: Settings, method: Method) -> Prediction:
    """Tune on `views` where the recipe has a loss, then ask its predictor."""
    if method.loss is None:
        return PREDICTORS[method.predictor](views, None, settings)
    *_, last = tune(backbone, views, classes, replace(settings.tuning, loss=method.loss))
    return PREDICTORS[method.predictor](views, last, settings)


def _first_view(views: ViewSet, step: TuneStep, settings: Settings) -> Prediction:
    return step.prediction


def _uniform(views: ViewSet, step: TuneStep | None, settings: Settings) -> Prediction:
    """The mean probability of all views, as logarithms; untuned without a step."""
    logits = views.logits if step is None else step.logits
    return Prediction(views.classes, mean_log_probability(logits))


def _similarity(views: ViewSet, step: TuneStep, settings: Settings) -> Prediction:
    return fuse(views, step, replace(settings.ensemble, weighting="similarity")).prediction


PREDICTORS: dict[str, Callable[[ViewSet, TuneStep | None, Settings], Prediction]] = {
    "view-0": _first_view,
    "uniform": _uniform,
    "similarity": _similarity,
}
