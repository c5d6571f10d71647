"""An attack through a defence: the attacker's model is the whole recipe, views, tuning and predictor included."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from torch import Tensor

from ..backbone import Backbone
from ..defend import recipe_classes, recipe_views, tuned_case
from ..methods import METHODS
from ..predictors import PREDICTORS
from ..settings import AttackSettings, Settings
from ..types import Classes
from ..views import make_views
from .probes import ChanceProbe, cut_out

LOOKS = 16  # views per glance; a defence uses more, so the attacker's picture of it is coarser
SURROGATES = {"votes": "uniform"}  # what stands in for predictors without a gradient


class RecipeProbe(ChanceProbe):
    """Answers as the recipe `through` does, with fresh views at every glance (EOT).

    The attacker knows the recipe and its default settings, not the defender's seed. Gradients flow through crops,
    features, logits and the weights of views. They pass straight through what has none: rounding to 8 bits and AugMix
    (BPDA, Athalye et al., ICML 2018). The tuned prompt counts as given, because the derivative of its sign step is
    zero almost everywhere; it is tuned anew at every glance. A purifier of the recipe is left out.
    """

    def __init__(self, backbone: Backbone, classes: Classes, settings: AttackSettings, *hooks) -> None:
        self.method = METHODS[settings.through]
        super().__init__(backbone, recipe_classes(backbone, self.method, classes), settings, *hooks)

    def glance(self, picture: Tensor, rng: np.random.Generator) -> Tensor:
        if self.method.views is None:
            return self.model(picture)
        settings = replace(Settings().views, count=LOOKS, seed=int(rng.integers(2**31)))
        wanted = recipe_views(settings, self.method)
        drawn = make_views(self.backbone, picture[0].detach(), self.classes, wanted)
        crops = cut_out(picture[0], drawn.crops.tolist())
        shown = crops + (drawn.pixels.to(crops) - crops).detach()
        features = self.backbone.encode_image(shown)
        case = tuned_case(self.backbone, drawn, self.classes, Settings(views=wanted), self.method)
        text = self.text_features if case.step is None else case.step.text_features.to(features)
        logits = self.backbone.logits(features, text).float().cpu()
        views = replace(drawn, features=features.float().cpu(), logits=logits)
        step = case.step and replace(case.step, logits=logits)
        predictor = SURROGATES.get(self.method.predictor, self.method.predictor)
        return PREDICTORS[predictor](replace(case, views=views, step=step))[None].to(picture.device)
