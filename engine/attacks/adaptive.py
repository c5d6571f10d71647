"""An attack through a defence: the attacker's model is the whole recipe, views, tuning and predictor included."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from ..classes import Classes
from ..defences.agreement import agreement_weights
from ..defences.defend import recipe_classes, recipe_tuning, recipe_views, tuned_case
from ..defences.predictors import PREDICTORS, Case
from ..defences.purify import PURIFIERS
from ..defences.registry import DEFENCES
from ..defences.tuning import first_update
from ..models import Backbone
from ..results import ViewSet
from ..settings import AttackSettings, Settings
from ..views.guided import mixed_views
from .probes import ChanceProbe, Glance, cut_out

LOOKS = 16  # views per glance; a defence uses more, so the attacker's picture of it is coarser
SURROGATES = {"votes": "uniform"}  # what stands in for predictors without a gradient


class RecipeProbe(ChanceProbe):
    """Answers as the recipe `through` does, with fresh views at every glance (EOT).

    The attacker knows the recipe and its default settings, not the defender's seed. Gradients flow through crops,
    features, logits, the weights of views and, as `settings.unroll` says, through the tuning of the prompt, which is
    tuned anew at every glance. They pass straight through what has none: rounding to 8 bits, AugMix, and purifiers
    (BPDA, Athalye et al., ICML 2018). Which views are kept, and how SS-TPT scores them, counts as given.
    """

    def __init__(self, backbone: Backbone, classes: Classes, settings: AttackSettings, *hooks) -> None:
        self.defence = DEFENCES[settings.target_defence]
        super().__init__(backbone, recipe_classes(backbone, self.defence, classes), settings, *hooks)

    def glance(self, picture: Tensor, rng: np.random.Generator) -> Glance:
        seed = int(rng.integers(2**31))
        if self.defence.views is None:
            return Glance(self._purified(picture, seed), self.average)
        wanted = recipe_views(replace(Settings().views, count=LOOKS, seed=seed), self.defence)
        drawn = mixed_views(self.backbone, picture[0].detach(), self.classes, wanted)
        crops = cut_out(picture[0], drawn.crops.tolist())
        return Glance(_straight_through(crops, drawn.pixels), partial(self._defended, drawn, Settings(views=wanted)))

    def _purified(self, picture: Tensor, seed: int) -> Tensor:
        """Pictures (m, 3, s, s) as the recipe's purifier, if it has one, would have them."""
        if self.defence.purifier is None:
            return picture
        clean = picture[0].detach().float().cpu()
        return _straight_through(picture, PURIFIERS[self.defence.purifier](self.backbone, clean, self.classes, seed))

    def _defended(self, drawn: ViewSet, settings: Settings, features: Tensor) -> Tensor:
        """The recipe's logits (c,) from views `drawn` with features (k, d), attached to the features."""
        views = _seen(drawn, features.detach(), self.backbone.logits(features.detach(), self.text_features))
        case = tuned_case(self.backbone, views, self.classes, settings, self.defence)
        text = self._text(case, features)
        logits = self.backbone.logits(features, text).float().cpu()
        step = case.step and replace(case.step, logits=logits, text_features=text.float().cpu())
        predictor = SURROGATES.get(self.defence.predictor, self.defence.predictor)
        attached = replace(case, views=_seen(drawn, features, logits), step=step)
        return PREDICTORS[predictor](attached).to(features.device)

    def _text(self, case: Case, features: Tensor) -> Tensor:
        """Text features (c, d) of the prompt that the recipe answers with."""
        if case.step is None:
            return self.text_features
        if self.settings.unroll == "none":
            return case.step.text_features.to(features)
        kept = case.step.kept
        alike = torch.full((len(kept),), 1 / len(kept))
        weights = alike if case.scores is None else agreement_weights(case.scores[kept])
        tuning = recipe_tuning(case.settings.tuning, self.defence)
        unroll = self.settings.unroll
        return first_update(self.backbone, features[kept], self.classes, tuning, weights.to(features), unroll)


def _seen(drawn: ViewSet, features: Tensor, logits: Tensor) -> ViewSet:
    """The views with what the model says of them, on the CPU."""
    return replace(drawn, features=features.float().cpu(), logits=logits.float().cpu())


def _straight_through(seen: Tensor, shown: Tensor) -> Tensor:
    """`shown` in value, `seen` to the gradient."""
    return seen + (shown.to(seen) - seen).detach()
