"""A defence as the adaptive attack goes through it: what it shows the model, and its answer with a gradient."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

import torch
from torch import Tensor

from ..attacks.adaptive import Draw
from ..attacks.looks import LookPasses
from ..classes import Classes
from ..models import Backbone
from ..passes import Passes
from ..results import ViewSet
from ..settings import AttackSettings, Settings
from ..views.guided import mixed_views
from ..views.passes import view_passes
from .base import Case, Defence
from .defend import recipe_tuning, tuned_case
from .registry import DEFENCES
from .tuning import first_update

VIEWS = 16  # per draw; a defence uses more, so the attacker's picture of it is coarser
UNROLLED = Passes(text_forward=2, text_back=1)  # of `first_update`: both prompts, the loss's gradient
BACK_THROUGH = Passes(text_back=4)  # of a gradient through it: both prompts, and twice for the gradient


def target_defence(settings: AttackSettings) -> Target:
    """The defence that `settings` aim at. Raises `EngineError` for one that does not exist."""
    return Target(DEFENCES.named(settings.target_defence), settings.unroll)


@dataclass(frozen=True, eq=False, slots=True)
class Target:
    """`TargetDefence` for one recipe under `settings`.

    Gradients flow through features, logits, the weights of views and, as `unroll` says, through the tuning of the
    prompt, which is tuned anew at every draw. Which views are kept, and how they are scored, counts as given.
    """

    defence: Defence
    unroll: str
    settings: Settings = field(default_factory=Settings)

    def classes(self, backbone: Backbone, classes: Classes) -> Classes:
        """The classes in the sentences that the recipe puts them into."""
        return self.defence.classes(backbone, classes, self.settings.domain_word)

    def draw(self, backbone: Backbone, picture: Tensor, classes: Classes, seed: int) -> Draw:
        """What the recipe shows the model of a picture (3, s, s) under a seed, and how it answers."""
        if self.defence.views is None:
            return self._picture_alone(backbone, picture, classes, seed)
        wanted = self.defence.views(replace(self.settings.views, count=VIEWS, seed=seed))
        views = mixed_views(backbone, picture, classes, wanted)
        answer = partial(self._answer, backbone, classes, views, replace(self.settings, views=wanted))
        return Draw(views.pixels, views.crops, answer)

    def look_passes(self, layers: int) -> LookPasses:
        """What a draw, its features and its answer take on an image tower of `layers` blocks, and its gradient."""
        if self.defence.views is None:
            shown = self.defence.answer_passes(self.settings)
            return LookPasses(shown, Passes(back=self.defence.pictures))
        wanted = self.defence.views(replace(self.settings.views, count=VIEWS))
        own = self.defence.answer_passes(replace(self.settings, views=wanted))
        unrolled = self.defence.loss is not None and self.unroll != "none"
        forward = view_passes(wanted, layers) + own + (UNROLLED if unrolled else Passes())
        return LookPasses(forward, Passes(back=wanted.count) + (BACK_THROUGH if unrolled else Passes()))

    def _picture_alone(self, backbone: Backbone, picture: Tensor, classes: Classes, seed: int) -> Draw:
        """The picture, purified if the recipe does so, and mean logits under the untouched prompt."""
        shown = picture[None]
        if self.defence.purify is not None:
            shown = self.defence.purify(backbone, picture.float().cpu(), classes, seed)
        text = backbone.encode_text(classes)
        return Draw(shown, None, lambda features: backbone.logits(features, text).mean(0))

    def _answer(
        self, backbone: Backbone, classes: Classes, drawn: ViewSet, settings: Settings, features: Tensor
    ) -> Tensor:
        """The recipe's logits (c,) from views `drawn` with features (k, d), attached to the features."""
        logits = backbone.logits(features.detach(), backbone.encode_text(classes))
        case = tuned_case(backbone, _seen(drawn, features.detach(), logits), classes, settings, self.defence)
        text = self._text(case, features)
        logits = backbone.logits(features, text).float().cpu()
        step = case.step and replace(case.step, logits=logits, text_features=text.float().cpu())
        answer = self.defence.surrogate or self.defence.answer
        return answer(replace(case, views=_seen(drawn, features, logits), step=step)).to(features.device)

    def _text(self, case: Case, features: Tensor) -> Tensor:
        """Text features (c, d) of the prompt that the recipe answers with."""
        if case.step is None:
            return case.backbone.encode_text(case.classes)
        if self.unroll == "none":
            return case.step.text_features.to(features)
        kept, loss = case.step.kept, self.defence.loss
        alike = torch.full((len(kept),), 1 / len(kept))
        weigh, scores = self.defence.weigh, case.scores
        weights = (alike if weigh is None or scores is None else weigh(scores[kept])).to(features)
        tuning = recipe_tuning(case.settings.tuning, self.defence)
        return first_update(case.backbone, features[kept], case.classes, tuning, weights, self.unroll, loss)


def _seen(drawn: ViewSet, features: Tensor, logits: Tensor) -> ViewSet:
    """The views with what the model says of them, on the CPU."""
    return replace(drawn, features=features.float().cpu(), logits=logits.float().cpu())
