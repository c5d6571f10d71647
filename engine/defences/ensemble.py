"""One answer from many views: weights over views by agreement, by calm attention, or none. Knows no model."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..errors import require
from ..numerics.measures import neighbour_similarity, total_variation
from ..numerics.upsampling import upsample
from ..results import Ensemble, Prediction, TuneStep, ViewSet
from ..settings import EnsembleSettings


def fuse(views: ViewSet, step: TuneStep, settings: EnsembleSettings) -> Ensemble:
    """The weighted answer of the views under the prompt of `step`.

    `similarity` weights logits (released A-TPT and R-TPT); `tv` and `uniform` weight probabilities (A-TPT's paper) and
    give their logarithm as logits. Raises `EngineError` for `tv` without attention maps.
    """
    order = step.entropies.argsort(stable=True)
    chosen = order[: settings.answer_views].sort().values
    scores, weights = WEIGHTINGS[settings.weighting](views, chosen, settings)
    answer = _mean_logits if settings.weighting == "similarity" else _log_mean_probability
    everywhere = torch.zeros(len(views), dtype=weights.dtype)
    everywhere[chosen] = weights
    shown = torch.full((len(views),), math.nan, dtype=scores.dtype)
    shown[chosen] = scores
    prediction = Prediction(views.classes, answer(step.logits[chosen], weights))
    return Ensemble(settings.weighting, everywhere, shown, prediction)


Weighted = tuple[Tensor, Tensor]  # scores (k,), weights (k,)


def _by_similarity(views: ViewSet, chosen: Tensor, settings: EnsembleSettings) -> Weighted:
    features = views.features[chosen]
    masked = features @ features.t() >= 1 if settings.legacy else None
    scores = neighbour_similarity(features, settings.neighbours, masked)
    return scores, (scores / settings.temperature).softmax(0)


def _by_total_variation(views: ViewSet, chosen: Tensor, settings: EnsembleSettings) -> Weighted:
    require(
        len(views.maps) == len(views),
        f"Weighting by total variation needs an attention map of every view, and {views.kind} views have none;"
        " make attention views or choose another weighting.",
    )
    scores = -total_variation(_maps(views, chosen, settings), settings.tv_reduction == "mean")
    return scores, (scores / settings.tv_temperature).softmax(0)


def _maps(views: ViewSet, chosen: Tensor, settings: EnsembleSettings) -> Tensor:
    """The maps (k, h, w) whose total variation counts, on the patch grid or as large as the picture."""
    stretched = settings.tv_norm == "minmax"
    maps = (views.maps if stretched else views.raw_maps)[chosen]
    if settings.tv_map == "upsampled":
        maps = upsample(maps, views.pixels.shape[-1], views.floor if stretched else 0.0)
    if settings.tv_norm == "sum1":
        maps = maps.relu() / maps.relu().sum((-2, -1), keepdim=True).clamp_min(1e-12)
    return maps


def _alike(views: ViewSet, chosen: Tensor, settings: EnsembleSettings) -> Weighted:
    scores = torch.zeros(len(chosen), dtype=views.logits.dtype)
    return scores, torch.full_like(scores, 1 / len(chosen))


WEIGHTINGS: dict[str, Callable[[ViewSet, Tensor, EnsembleSettings], Weighted]] = {
    "similarity": _by_similarity,
    "tv": _by_total_variation,
    "uniform": _alike,
}


def _mean_logits(logits: Tensor, weights: Tensor) -> Tensor:
    return weights.to(logits.dtype) @ logits


def _log_mean_probability(logits: Tensor, weights: Tensor) -> Tensor:
    return (logits.log_softmax(-1) + weights.to(logits.dtype).log()[:, None]).logsumexp(0)
