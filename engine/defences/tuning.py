"""Test-time prompt tuning as a stream of steps: the defences differ only in views and loss.

The context is a local tensor of the generator, so nothing is left in the model and two runs never meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.optim.adamw import adamw

from ..classes import Classes
from ..models import Backbone, ReadPrompts
from ..models.memory import enough_memory
from ..numerics.measures import entropy
from ..results import Prediction, TuneStep, ViewSet
from ..settings import TuneSettings
from .base import Kept, Loss
from .c_tpt import dispersed_entropy
from .r_tpt import mean_entropy
from .ss_tpt import entropy_and_agreement
from .tpt import entropy_of_mean

LOSSES: dict[str, Loss] = {  # those that a visitor may choose by name
    "pointwise": mean_entropy,
    "marginal": entropy_of_mean,
    "dispersed": dispersed_entropy,
    "neighbour-agreement": entropy_and_agreement,
}


def tune(
    backbone: Backbone,
    views: ViewSet,
    classes: Classes,
    settings: TuneSettings,
    weigh: Callable[[Tensor], Tensor] | None = None,
    loss: Loss | None = None,
) -> Iterator[TuneStep]:
    """Yield the untuned prompt as step 0, then one step per AdamW update of the context.

    Only the first template of `classes` is tuned. The views with least entropy under it are chosen once, before the
    first update. `weigh` turns the indices (k,) of the kept views into their weights (k,), summing to 1, for the losses
    that use them (None: all alike). `loss` is minimised (None: the one that the settings name).
    """
    tuning = Tuning(backbone, views, classes, settings, weigh, loss)
    state = tuning.begin(graph=settings.steps > 0)
    yield state.step
    for index in range(1, settings.steps + 1):
        state = tuning.update(state, graph=index < settings.steps)
        yield state.step


@dataclass(frozen=True, eq=False, slots=True)
class Tuned:
    """A tuned prompt, and what the next update goes on from.

    `start` are the context (tokens, width) and text features (c, d) of step 0, `moments` AdamW's running means (none
    before the first update). `look` holds the graph of this step, where it was asked for.
    """

    step: TuneStep
    start: tuple[Tensor, Tensor]
    moments: tuple[Tensor, ...] = ()
    look: _Look | None = None


class Tuning:
    """The tuning of one prompt on one set of views, a step at a time: every state can be gone on from, at any time.

    Arguments as for `tune`. Going on from a kept state gives the numbers of going straight on, bit for bit.
    """

    def __init__(
        self,
        backbone: Backbone,
        views: ViewSet,
        classes: Classes,
        settings: TuneSettings,
        weigh: Callable[[Tensor], Tensor] | None = None,
        loss: Loss | None = None,
    ) -> None:
        self._backbone, self._classes, self._settings, self._weigh = backbone, classes, settings, weigh
        self._features = views.features.to(backbone.device)
        self._loss = loss or LOSSES[settings.loss]

    def begin(self, graph: bool = False) -> Tuned:
        """The untuned prompt; with `graph` the state holds what the first update differentiates."""
        look = self._look(self._backbone.read_prompts(self._classes))
        kept = confident(look.logits.detach(), self._settings.keep, least=0 if self._settings.legacy else 1)
        start = (look.context.detach().clone(), look.text_features.detach())
        return self._state(0, look, kept, start, (), graph)

    def update(self, state: Tuned, graph: bool = False) -> Tuned:
        """The prompt after one more AdamW update; with `graph` the state holds what the next one differentiates."""
        look = state.look or self._look(
            self._backbone.read_prompts(self._classes, state.step.context if state.step.index else None)
        )
        context = look.context.detach().clone()
        first, second = (one.clone() for one in state.moments or (torch.zeros_like(context),) * 2)
        adamw(  # as a function: the class would load torch's compiler, which takes seconds
            [context], [self._gradient(look, state.step.kept)], [first], [second], [],
            [torch.tensor(float(state.step.index))], amsgrad=False, beta1=0.9, beta2=0.999, eps=1e-8,
            lr=self._settings.learning_rate, weight_decay=self._settings.weight_decay, maximize=False,
        )  # fmt: skip
        moved = self._look(self._read(context, graph))
        return self._state(state.step.index + 1, moved, state.step.kept, state.start, (first, second), graph)

    def _read(self, context: Tensor, graph: bool) -> ReadPrompts:
        if graph:
            return self._backbone.read_prompts(self._classes, context)
        with torch.no_grad():
            return ReadPrompts(context, self._backbone.encode_prompts(self._backbone.prompts(self._classes), context))

    def _look(self, read: ReadPrompts) -> _Look:
        with torch.enable_grad():
            text = read.features.detach().requires_grad_()
            return _Look(read, text, self._backbone.logits(self._features, text))

    def _gradient(self, look: _Look, kept: Tensor) -> Tensor:
        """The loss's gradient (tokens, width) with respect to the context."""
        with enough_memory(
            f"tuning on {len(self._classes)} classes", "fewer classes, a smaller model or another device"
        ):
            (slopes,) = torch.autograd.grad(self._value(look, kept, True), look.text_features)
            return look.read.gradient(slopes)

    def _value(self, look: _Look, kept: Tensor, graph: bool) -> Tensor:
        weights = torch.ones(len(kept)) / len(kept) if self._weigh is None else self._weigh(kept.cpu())
        with torch.set_grad_enabled(graph):
            return self._loss(Kept(look.logits[kept], look.text_features, weights.to(self._features)))

    def _state(
        self,
        index: int,
        look: _Look,
        kept: Tensor,
        start: tuple[Tensor, Tensor],
        moments: tuple[Tensor, ...],
        graph: bool,
    ) -> Tuned:
        loss = self._value(look, kept, False)
        step = _step(index, loss, look, start, kept, self._classes, self._backbone.scale)
        return Tuned(step, start, moments, look if graph else None)


def first_update(
    backbone: Backbone,
    features: Tensor,
    classes: Classes,
    settings: TuneSettings,
    weights: Tensor,
    unroll: str,
    loss: Loss | None = None,
) -> Tensor:
    """Text features (c, d) behind the first update of `tune`, attached to the features (k, d) of the kept views.

    From fresh state AdamW makes the context `context * (1 - rate * decay) - rate * g / (|g| + 1e-8)`, where g is the
    loss's gradient. `unroll` is a key of `SIGN_STEPS`: how that step is differentiated. `weights` (k,) are the views',
    `loss` is minimised (None: the one that the settings name).
    """
    prompts = backbone.prompts(classes)
    with torch.enable_grad():
        context = prompts.context.clone().requires_grad_()
        text = backbone.encode_prompts(prompts, context, twice=True)
        value = (loss or LOSSES[settings.loss])(Kept(backbone.logits(features, text), text, weights))
        (gradient,) = torch.autograd.grad(value, context, create_graph=True)
        rate = settings.learning_rate
        moved = context.detach() * (1 - rate * settings.weight_decay) - rate * SIGN_STEPS[unroll](gradient)
        return backbone.encode_prompts(prompts, moved)


def _exact_step(gradient: Tensor) -> Tensor:
    """Differentiated as it is in floats: zero nearly everywhere, and huge where the gradient is about 1e-8."""
    return gradient / (gradient.abs() + 1e-8)


def _straight_step(gradient: Tensor) -> Tensor:
    """Differentiated as if it were the gradient over its mean size (BPDA, Athalye et al., ICML 2018)."""
    smooth = gradient / gradient.detach().abs().mean().clamp_min(1e-12)
    return smooth + (_exact_step(gradient) - smooth).detach()


SIGN_STEPS: dict[str, Callable[[Tensor], Tensor]] = {"exact": _exact_step, "straight": _straight_step}


def confident(logits: Tensor, keep: float, least: int = 1) -> Tensor:
    """Indices of the int(n * keep), or `least` if more, predictions (n, c) with least entropy, least first."""
    return entropy(logits).argsort(stable=True)[: max(least, int(len(logits) * keep))]


@dataclass(frozen=True, eq=False, slots=True)
class _Look:
    """What one context says: text features, cut off from it, and logits, attached to these."""

    read: ReadPrompts
    text_features: Tensor
    logits: Tensor

    @property
    def context(self) -> Tensor:
        return self.read.context


def _step(
    index: int,
    loss: Tensor,
    look: _Look,
    start: tuple[Tensor, Tensor],
    kept: Tensor,
    classes: Classes,
    scale: float,
) -> TuneStep:
    context, text, logits = look.context.detach(), look.text_features.detach(), look.logits.detach().cpu()
    began, first = start
    cosines = (text * first).sum(-1)
    return TuneStep(
        index=index,
        loss=float(loss),
        context=context.clone().cpu(),
        text_features=text.cpu(),
        logits=logits,
        kept=kept.cpu(),
        token_drift=(context - began).norm(dim=-1).cpu(),
        text_drift=(1 - cosines).clamp_min(0).cpu(),
        prediction=Prediction(classes, logits[0], scale=scale),
    )
