"""A defence as the adaptive attack goes through it: what it shows the model, and its answer with a gradient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from ..attacks.adaptive import Draw
from ..attacks.looks import LookPasses
from ..classes import Classes
from ..models import Backbone
from ..passes import Passes
from ..results import ViewSet
from ..settings import AttackSettings, Settings, ViewSettings
from ..views.guided import mixed_views
from ..views.passes import view_passes
from .base import Case, Defence
from .defend import purified, recipe_tuning, tuned_case
from .followed import followed
from .registry import DEFENCES, PURIFIERS
from .tuning import first_update

VIEWS = 16  # per draw, at most; a defence that uses more is seen more coarsely by the attacker
UNROLLED = Passes(text_forward=2, text_back=1)  # of `first_update`: both prompts, the loss's gradient
BACK_THROUGH = Passes(text_back=4)  # of a gradient through it: both prompts, and twice for the gradient


def target_defence(settings: AttackSettings, defended: Settings | None = None) -> Target:
    """The defence that `settings` aim at, under the settings `defended` (None: the defaults).

    Raises `EngineError` for a defence that does not exist.
    """
    return Target(DEFENCES.named(settings.target_defence), settings.unroll, defended or Settings())


def views_per_draw(settings: ViewSettings, seed: int) -> ViewSettings:
    """The views of one draw of an attack through a defence that makes its own by `settings`."""
    return replace(settings, count=min(VIEWS, settings.count), seed=seed)


@dataclass(frozen=True, eq=False, slots=True)
class Target:
    """`TargetDefence` for one recipe under `settings`, with the purifier before it that they name.

    Gradients flow through features, logits, the weights of views and, as `unroll` says, through the tuning of the
    prompt, which is tuned anew at every draw; of several updates through the first, and straight past the others.
    Which views are kept, and how they are scored, counts as given. Of all settings the seed of the views is not read.
    """

    defence: Defence
    unroll: str
    settings: Settings

    def classes(self, backbone: Backbone, classes: Classes) -> Classes:
        """The classes in the sentences that the recipe puts them into."""
        return self.defence.classes(backbone, classes, self.settings.domain_word)

    def draw(self, backbone: Backbone, picture: Tensor, classes: Classes, seed: int) -> Draw:
        """What the recipe shows the model of a picture (3, s, s) under a seed, and how it answers."""
        settings = replace(self.settings, views=views_per_draw(self.settings.views, seed))
        shown = purified(backbone, picture, classes, settings).pictures
        asked = self.classes(backbone, classes)
        if self.defence.views is None:
            return self._pictures_alone(backbone, shown, asked, seed)
        wanted = self.defence.views(settings.views)
        views = mixed_views(backbone, shown[0], asked, wanted)
        answer = partial(self._answer, backbone, asked, views, replace(settings, views=wanted))
        return Draw(views.pixels, partial(followed, views, wanted), answer)

    def look_passes(self, layers: int) -> LookPasses:
        """What a draw, its features and its answer take on an image tower of `layers` blocks, and its gradient."""
        settings = replace(self.settings, views=views_per_draw(self.settings.views, 0))
        purifier = PURIFIERS.named(settings.purifier) if settings.purifier else None
        before, shown = (Passes(), 1) if purifier is None else (purifier.purify_passes, purifier.pictures)
        if self.defence.views is None:
            own = self.defence.answer_passes(settings, shown)
            return LookPasses(before + own, Passes(back=max(shown, self.defence.pictures)))
        wanted = self.defence.views(settings.views)
        own = self.defence.answer_passes(replace(settings, views=wanted))
        unrolled = self.defence.loss is not None and self.unroll != "none"
        forward = before + view_passes(wanted, layers) + own + (UNROLLED if unrolled else Passes())
        back = Passes(back=wanted.count + self.defence.answer_looks.forward)
        return LookPasses(forward, back + (BACK_THROUGH if unrolled else Passes()))

    def _pictures_alone(self, backbone: Backbone, shown: Tensor, classes: Classes, seed: int) -> Draw:
        """The pictures, the first purified anew if the recipe does so, and mean logits under the untouched prompt."""
        if self.defence.purify is not None:
            shown = self.defence.purify(backbone, shown[0].float().cpu(), classes, seed)
        text = backbone.encode_text(classes)
        return Draw(shown, None, lambda _, features: self.defence.logits(backbone, features, text))

    def _answer(
        self,
        backbone: Backbone,
        classes: Classes,
        drawn: ViewSet,
        settings: Settings,
        shown: Tensor,
        features: Tensor,
    ) -> Tensor:
        """The recipe's logits (c,) from views `drawn`, shown as pictures (k, 3, s, s) with features (k, d), attached to
        both."""
        logits = backbone.logits(features.detach(), backbone.encode_text(classes))
        case = tuned_case(backbone, _seen(drawn, features.detach(), logits), classes, settings, self.defence)
        text = self._text(case, features)
        logits = backbone.logits(features, text).float().cpu()
        step = case.step and replace(case.step, logits=logits, text_features=text.float().cpu())
        answer = self.defence.surrogate or self.defence.answer
        seen = replace(case, views=_seen(drawn, features, logits), step=step, attached=shown)
        return answer(seen).to(features.device)

    def _text(self, case: Case, features: Tensor) -> Tensor:
        """Text features (c, d) of the prompt that the recipe answers with."""
        if case.step is None:
            return case.backbone.encode_text(case.classes)
        tuning, last = recipe_tuning(case.settings.tuning, self.defence), case.step.text_features.to(features)
        if self.unroll == "none" or not tuning.steps:
            return last
        kept, loss = case.step.kept, self.defence.loss
        alike = torch.ones(len(kept)) / len(kept)
        weigh, scores = self.defence.weigh, case.scores
        weights = (alike if weigh is None or scores is None else weigh(scores[kept])).to(features)
        first = first_update(case.backbone, features[kept], case.classes, tuning, weights, self.unroll, loss)
        return first if tuning.steps == 1 else first + (last - first).detach()


def _seen(drawn: ViewSet, features: Tensor, logits: Tensor) -> ViewSet:
    """The views with what the model says of them, on the CPU."""
    return replace(drawn, features=features.float().cpu(), logits=logits.float().cpu())
