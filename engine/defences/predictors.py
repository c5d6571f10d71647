"""How a recipe turns tuned or untuned views into one answer; a defence names one of `PREDICTORS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..classes import Classes
from ..models import Backbone
from ..numerics.measures import mean_log_probability
from ..results import Prediction, TuneStep, ViewSet
from ..settings import Settings
from .aggregation import mean_shift_mode, steer, vote
from .agreement import agreement_weights
from .cache import cached_answer
from .ensemble import fuse

VOTING_SHARE = 0.3  # of the views that vote (ZERO's default)


@dataclass(frozen=True, eq=False, slots=True)
class Case:
    """What a predictor may look at; `step` is None where the recipe tunes nothing."""

    backbone: Backbone
    classes: Classes
    views: ViewSet
    step: TuneStep | None
    settings: Settings
    scores: Tensor | None = None  # (n, 2) of `agreement`, for the recipes that use them

    @property
    def logits(self) -> Tensor:
        """Of every view, (n, c), under the tuned prompt where there is one."""
        return self.views.logits if self.step is None else self.step.logits

    @property
    def text(self) -> Tensor:
        """Text features (c, d) on the CPU, of the tuned prompt where there is one."""
        if self.step is None:
            return self.backbone.encode_text(self.classes).float().cpu()
        return self.step.text_features


def _first_view(case: Case) -> Tensor:
    return case.logits[0]


def _uniform(case: Case) -> Tensor:
    return mean_log_probability(case.logits)


def _similarity(case: Case) -> Tensor:
    return _fused(case, weighting="similarity")


def _total_variation(case: Case) -> Tensor:
    """Over as many views as drove the tuning, as A-TPT's figure draws it, unless the settings name a number."""
    return _fused(case, weighting="tv", answer_views=case.settings.ensemble.answer_views or max(1, len(case.step.kept)))


def _fused(case: Case, **choice: object) -> Tensor:
    return fuse(case.views, case.step, replace(case.settings.ensemble, **choice)).prediction.logits


def _mode(case: Case) -> Tensor:
    mode, _ = mean_shift_mode(case.views.features.float(), case.logits.float())
    return case.backbone.scale * case.text.float() @ mode


def _votes(case: Case) -> Tensor:
    """Shares of the votes as logarithms; they say who won, not how sure the defence is."""
    votes, winner = vote(case.logits.float(), VOTING_SHARE)
    counted = votes.float() + 1e-3
    counted[winner] += 1e-3
    return (counted / counted.sum()).log()


def _steered(case: Case) -> Tensor:
    answer, _ = steer(case.views.features.float(), case.text.float(), case.backbone.scale)
    return answer


def _cached(case: Case) -> Tensor:
    return cached_answer(case.views.features.float(), case.logits.float())


def _agreement(case: Case) -> Tensor:
    return agreement_weights(case.scores) @ case.logits.float()


PREDICTORS: dict[str, Callable[[Case], Tensor]] = {
    "view-0": _first_view,
    "uniform": _uniform,
    "similarity": _similarity,
    "tv": _total_variation,
    "neighbour-agreement": _agreement,
    "mode": _mode,
    "votes": _votes,
    "steered": _steered,
    "cached": _cached,
}


def answer(case: Case, predictor: str) -> Prediction:
    """The prediction of the predictor of that name."""
    with torch.no_grad():
        return Prediction(case.classes, PREDICTORS[predictor](case))
