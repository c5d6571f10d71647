"""What a test-time defence is made of; every paper is one file of this package that fills in a `Defence`.

The registry reads these files for their names and texts, so neither this module nor a paper's file imports torch at
its top: functions that compute import what they need.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import EngineError
from ..maps.registry import MAPS
from ..passes import Passes
from ..registry import Entry
from ..settings import Settings
from ..views.passes import view_passes

if TYPE_CHECKING:
    from torch import Tensor

    from ..classes import Classes
    from ..models import Backbone
    from ..results import TuneStep, ViewSet
    from ..settings import ViewSettings


@dataclass(frozen=True, eq=False, slots=True)
class Kept:
    """What a loss looks at: logits (k, c) of the kept views, text features (c, d), and weights (k,) of the views."""

    logits: Tensor
    text_features: Tensor
    weights: Tensor


@dataclass(frozen=True, eq=False, slots=True)
class Case:
    """What an answer is computed from: views, the tuned prompt (`step`), scores of the views; the latter two may lack.

    `scores` (n, m) come from the defence's `score`, `step` from tuning with its `loss`. `attached` are the pictures of
    the views where an attack goes through the defence, for its gradient.
    """

    backbone: Backbone
    classes: Classes
    views: ViewSet
    settings: Settings
    step: TuneStep | None = None
    scores: Tensor | None = None
    attached: Tensor | None = None

    @property
    def pictures(self) -> Tensor:
        """Of all views, (n, 3, s, s) in [0, 1]."""
        return self.views.pixels if self.attached is None else self.attached

    @property
    def tuned(self) -> TuneStep:
        """The tuned prompt. Raises `EngineError` for a defence that tunes none."""
        if self.step is None:
            raise EngineError("Expected a defence that tunes the prompt; this one has no loss.")
        return self.step

    @property
    def scored(self) -> Tensor:
        """The scores (n, m) of the views. Raises `EngineError` for a defence that scores none."""
        if self.scores is None:
            raise EngineError("Expected a defence that scores its views; this one has no score.")
        return self.scores

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


Loss = Callable[[Kept], "Tensor"]  # -> () in nats
Weigh = Callable[["Tensor"], "Tensor"]  # scores (k, m) -> weights (k,), summing to 1
Answer = Callable[[Case], "Tensor"]  # -> logits (c,)
Views = Callable[["ViewSettings"], "ViewSettings"]  # the visitor's -> the paper's
Phrase = Callable[["Backbone", "Classes", str], "Classes"]  # with the settings' domain word, which may be empty
Score = Callable[["Backbone", "ViewSet", "Classes", "Settings"], "Tensor"]  # -> scores (n, m) of n views
Purify = Callable[["Backbone", "Tensor", "Classes", int], "Tensor"]  # (3, s, s) on the CPU, seed -> (m, 3, s, s)
Turn = Callable[["Backbone", "Tensor"], "Tensor"]  # unit features (m, d) -> unit features (m, d)


def plain_prompts(backbone: Backbone, classes: Classes, domain_word: str) -> Classes:
    """The classes as they are, in the sentences that the visitor chose."""
    return classes


def views_of(kind: str, count: int | None = None, guide: str | None = None) -> Views:
    """Views of this kind, with the count and the guide that the paper fixes in place of the visitor's."""
    return lambda settings: replace(
        settings,
        kind=kind,
        count=settings.count if count is None else count,
        guide=settings.guide if guide is None else guide,
    )


def first_view(case: Case) -> Tensor:
    """Logits (c,) of view 0, which is the picture itself."""
    return case.logits[0]


def mean_probability(case: Case) -> Tensor:
    """Logarithm (c,) of the mean probability over all views."""
    from ..numerics.measures import mean_log_probability

    return mean_log_probability(case.logits)


@dataclass(frozen=True, kw_only=True)
class Defence(Entry):
    """A paper's recipe: how the picture, the views and the prompt become an answer. What is None, it does not do.

    The order is that of the fields: `classes` puts the class names into sentences, `purify` changes the picture,
    `turn` changes its feature, and `views` says which views of it are made (None: the picture alone is asked about, and
    nothing below happens; otherwise nothing is turned),
    `score` scores them, `loss` tunes the prompt on the surest share of them (`keep`, None: the settings'), with the
    weights that `weigh` makes of their scores, and `answer` makes logits of it all.

    `surrogate` stands in for an `answer` without a gradient where an adaptive attack goes through the defence.
    `uses` names the `EnsembleSettings` that change its answer.

    `purify_passes` is what `purify` takes at most and `pictures` how many it makes, which are not counted there;
    `score_passes` is what `score` takes for each view, `answer_looks` what `answer` takes at most where it asks the
    model again. All else that a defence costs follows from its recipe.
    """

    classes: Phrase = plain_prompts
    purify: Purify | None = None
    purify_passes: Passes = Passes()
    pictures: int = 1
    turn: Turn | None = None
    views: Views | None = None
    score: Score | None = None
    score_passes: Passes = Passes()
    keep: float | None = None
    loss: Loss | None = None
    weigh: Weigh | None = None
    answer: Answer = first_view
    answer_looks: Passes = Passes()
    surrogate: Answer | None = None
    uses: tuple[str, ...] = ()

    def logits(self, backbone: Backbone, features: Tensor, text: Tensor) -> Tensor:
        """Mean logits (c,) of pictures with unit features (m, d), turned as the recipe turns them."""
        turned = features if self.turn is None else self.turn(backbone, features)
        return backbone.logits(turned, text).mean(0)

    @property
    def draws(self) -> bool:
        """Whether it draws from the seed of the views once they are made."""
        return self.purify is not None or self.score is not None or self.answer_looks != Passes()

    def answer_passes(self, settings: Settings, shown: int = 1) -> Passes:
        """What the answer takes at most once its views are made, or to `shown` pictures where it makes no views."""
        if self.views is None:
            return self.purify_passes + Passes(shown if self.purify is None else self.pictures)
        scoring = self.score_passes * self.views(settings.views).count + self.answer_looks
        return scoring if self.loss is None else scoring + tuning_passes(settings.tuning.steps)

    @property
    def cost(self) -> str:
        """Its passes under the default settings, the attack excluded, in words."""
        settings = Settings()
        passes, through, made = self.answer_passes(settings), "", ""
        if self.views is not None:
            wanted = self.views(settings.views)
            blocks = MAPS[wanted.guide].blocks
            through = f" through {blocks} blocks" if wanted.kind == "attention" else ""
            made = f" ({wanted.count} views)" if wanted.count != settings.views.count else ""
            passes += view_passes(wanted, blocks)
        image = _in_words("image", passes.forward, passes.back)
        text = _in_words("text", passes.text_forward, passes.text_back)
        return image + through + made + (f"; {text}" if passes.text_forward else "")


def tuning_passes(steps: int) -> Passes:
    """Of `tune`: the prompt is read before the first update and after each."""
    return Passes(text_forward=steps + 1, text_back=steps)


def _in_words(tower: str, forward: float, back: float) -> str:
    return f"{forward:g} {tower} forward" + (f", {back:g} back" if back else "")
