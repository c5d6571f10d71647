"""Test-time defences as recipes: which picture, which views, which loss, which predictor. A new paper is a new entry of
`METHODS` and at most one small function in `purify`, `tuning` or `predictors`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from .agreement import agreement, agreement_weights
from .backbone import Backbone
from .errors import require
from .predict import check_pixels
from .predictors import Case, answer
from .purify import PURIFIERS
from .settings import Settings, ViewSettings
from .tuning import tune
from .types import Classes, Defence, Prediction, ViewSet
from .views import make_views


@dataclass(frozen=True, slots=True)
class Method:
    """A recipe. `views` are of this kind (None: the picture alone), `loss` tunes the prompt on them (None: untuned),
    `predictor` is a key of `PREDICTORS`, `purifier` of `PURIFIERS` (None: the picture as it is).

    `count`, `keep` and `map` replace those of the settings where the paper fixes them. `domain` tells that the method
    may put the settings' domain word into its prompt. `cost` counts passes at 64 views, attack excluded.
    """

    title: str
    views: str | None
    loss: str | None
    predictor: str
    source: str
    explanation: str
    cost: str
    purifier: str | None = None
    count: int | None = None
    keep: float | None = None
    map: str | None = None
    domain: bool = False


_A_TPT = Method(
    title="A-TPT",
    views="attention",
    loss="pointwise",
    predictor="similarity",
    source="A-TPT, ICML 2026 (arXiv 2605.19956), as released",
    explanation="As R-TPT, but where the model pays little attention the crops are changed most.",
    cost="127 image forward, 63 through two blocks back; 2 text forward, 1 back",
    domain=True,
)
METHODS: dict[str, Method] = {
    "clip": Method(
        title="CLIP",
        views=None,
        loss=None,
        predictor="view-0",
        source="Radford et al., ICML 2021",
        explanation="The untouched model looks once at the picture.",
        cost="1 image forward",
    ),
    "view-average": Method(
        title="View average",
        views="augmix",
        loss=None,
        predictor="uniform",
        source="the row “Ensemble” of Sheng et al., CVPR 2025",
        explanation="The model looks at many random crops, and its probabilities are averaged.",
        cost="64 image forward",
    ),
    "tpt": Method(
        title="TPT",
        views="augmix",
        loss="marginal",
        predictor="view-0",
        source="Shu et al., NeurIPS 2022",
        explanation="The prompt is tuned until the surest crops agree; the picture is then looked at once.",
        cost="64 image forward; 2 text forward, 1 back",
    ),
    "c-tpt": Method(
        title="C-TPT",
        views="augmix",
        loss="dispersed",
        predictor="view-0",
        source="Yoon et al., ICLR 2024",
        explanation="As TPT, with the class sentences kept apart, so that confidences mean more.",
        cost="64 image forward; 2 text forward, 1 back",
    ),
    "mta": Method(
        title="MTA",
        views="crops",
        loss=None,
        predictor="mode",
        source="Zanella & Ben Ayed, CVPR 2024",
        explanation="No tuning: the densest spot among the features of many crops is the answer.",
        cost="64 image forward",
    ),
    "zero": Method(
        title="ZERO",
        views="crops",
        loss=None,
        predictor="votes",
        source="Farina et al., NeurIPS 2024",
        explanation="No tuning: the surest third of the crops vote; its confidence is the share of their votes.",
        cost="64 image forward",
    ),
    "ss-tpt": Method(
        title="SS-TPT",
        views="augmix",
        loss="agreement",
        predictor="agreement",
        source="SS-TPT, ICML 2026",
        explanation="Few crops; those count more that resemble the others and stand a small change.",
        cost="32 image forward (16 views); 2 text forward, 1 back",
        count=16,
        keep=3 / 16,
    ),
    "t-vss": Method(
        title="T-VSS",
        views="augmix",
        loss=None,
        predictor="steered",
        source="arXiv 2606.23132",
        explanation="The prompt stays; the features of all crops move together until they are surer.",
        cost="64 image forward",
    ),
    "r-tpt": Method(
        title="R-TPT",
        views="augmix",
        loss="pointwise",
        predictor="similarity",
        source="Sheng et al., CVPR 2025",
        explanation="The prompt is tuned until the surest crops are surer; crops that resemble others count more.",
        cost="64 image forward; 2 text forward, 1 back",
    ),
    "a-tpt": _A_TPT,
    "a-tpt-tv": replace(
        _A_TPT,
        title="A-TPT (TV weights)",
        predictor="tv",
        source="A-TPT, ICML 2026, as its figure draws it",
        explanation="As A-TPT, but the surest crops are weighted by how calm their attention map is.",
    ),
    "a-tpt-repaired": replace(
        _A_TPT,
        title="A-TPT (repaired map)",
        source="A-TPT with a map of ours",
        explanation="As A-TPT, with the map whose last-block weights do not cancel to rounding residue.",
        map="a-tpt-repaired",
    ),
    "ttc": Method(
        title="TTC",
        views=None,
        loss=None,
        predictor="view-0",
        source="Xing et al., CVPR 2025",
        explanation="If noise hardly moves what the model sees, the picture is pushed away from where it is.",
        cost="5 image forward, 2 back",
        purifier="ttc",
    ),
    "mac": Method(
        title="MAC",
        views=None,
        loss=None,
        predictor="view-0",
        source="MAC, CVPR 2026",
        explanation="The picture and a jittered copy are pushed away from where they are, as far as jitter suggests.",
        cost="14 image forward, 8 back",
        purifier="mac",
    ),
    "et3": Method(
        title="ET3",
        views=None,
        loss=None,
        predictor="view-0",
        source="ET3, CVPR 2026",
        explanation="The picture is moved a little to where some class fits it better.",
        cost="3 image forward, 2 back",
        purifier="et3",
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
    kind of views, loss and weighting. With `settings.purifier`, every method sees the picture purified by it first.
    Raises `EngineError` for a method that is not one of `METHODS`.
    """
    for name in settings.methods:
        require(name in METHODS, f"Expected methods among {', '.join(METHODS)}; got “{name}”.")
    check_pixels(backbone, pixels)
    before, pixels = _purified(backbone, pixels, classes, settings.purifier, settings.views.seed)
    known = {} if settings.purifier else {_key(settings.views, views): views for views in made}
    for name in settings.methods:
        method = METHODS[name]
        asked = with_domain_word(classes, settings.domain_word) if method.domain else classes
        started = time.perf_counter()
        if method.views is None:
            prediction = _look(backbone, pixels, asked, method, settings)
            yield Defence(name, prediction, before + time.perf_counter() - started)
            continue
        wanted = _wanted(settings.views, method)
        if (wanted, asked) not in known:
            known[wanted, asked] = make_views(backbone, pixels[0], asked, wanted)
        views = known[wanted, asked]
        started = time.perf_counter()
        prediction = _answer(backbone, views, asked, settings, method)
        yield Defence(name, prediction, before + views.seconds + time.perf_counter() - started)


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


def _wanted(settings: ViewSettings, method: Method) -> ViewSettings:
    """The settings' views as the recipe needs them."""
    return replace(
        settings, kind=method.views, count=method.count or settings.count, map=method.map or settings.map
    )


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


def _answer(backbone: Backbone, views: ViewSet, classes: Classes, settings: Settings, method: Method) -> Prediction:
    """Tune on `views` where the recipe has a loss, then ask its predictor."""
    case = Case(backbone, classes, views, None, settings)
    if method.predictor == "agreement":
        case = replace(case, scores=agreement(backbone, views, classes, settings.views.seed))
    if method.loss is not None:
        weigh = None if case.scores is None else partial(_weigh, case.scores)
        tuning = replace(settings.tuning, loss=method.loss, keep=method.keep or settings.tuning.keep)
        *_, last = tune(backbone, views, classes, tuning, weigh)
        case = replace(case, step=last)
    return answer(case, method.predictor)


def _weigh(scores: Tensor, kept: Tensor) -> Tensor:
    return agreement_weights(scores[kept])
