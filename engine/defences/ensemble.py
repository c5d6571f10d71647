"""One answer from many views: weights over views by similarity, by calm attention, or none. Knows no model."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..results import Ensemble, Prediction, TuneStep, ViewSet
from ..settings import EnsembleSettings
from .a_tpt import by_total_variation
from .r_tpt import by_similarity


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


def _alike(views: ViewSet, chosen: Tensor, settings: EnsembleSettings) -> Weighted:
    scores = torch.zeros(len(chosen), dtype=views.logits.dtype)
    return scores, torch.full_like(scores, 1 / len(chosen))


WEIGHTINGS: dict[str, Callable[[ViewSet, Tensor, EnsembleSettings], Weighted]] = {
    "similarity": by_similarity,
    "tv": by_total_variation,
    "uniform": _alike,
}


def _mean_logits(logits: Tensor, weights: Tensor) -> Tensor:
    return weights.to(logits.dtype) @ logits


def _log_mean_probability(logits: Tensor, weights: Tensor) -> Tensor:
    return (logits.log_softmax(-1) + weights.to(logits.dtype).log()[:, None]).logsumexp(0)
