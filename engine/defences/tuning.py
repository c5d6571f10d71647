"""Test-time prompt tuning as a stream of steps: the defences differ only in views and loss.

The context is a local tensor of the generator, so nothing is left in the model and two runs never meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ..classes import Classes
from ..models import Backbone, Prompts
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
    prompts = backbone.prompts(classes)
    features = views.features.to(backbone.device)
    context = prompts.context.clone().requires_grad_()
    optimiser = torch.optim.AdamW([context], lr=settings.learning_rate, weight_decay=settings.weight_decay)
    start = _look(backbone, prompts, features, context, settings.steps > 0)
    kept = confident(start.logits.detach(), settings.keep, least=0 if settings.legacy else 1)
    weights = torch.ones(len(kept)) / len(kept) if weigh is None else weigh(kept.cpu())
    weights = weights.to(features)
    measure = loss or LOSSES[settings.loss]
    for index in range(settings.steps + 1):
        look = start if index == 0 else _look(backbone, prompts, features, context, index < settings.steps)
        with torch.set_grad_enabled(index < settings.steps):
            value = measure(Kept(look.logits[kept], look.text_features, weights))
        yield _step(index, value.detach(), look, start, kept, classes)
        if index < settings.steps:
            with enough_memory(f"tuning on {len(classes)} classes", "fewer classes, a smaller model or another device"):
                (context.grad,) = torch.autograd.grad(value, context)
            optimiser.step()


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
    """What one context says; logits and text features are attached to its graph unless it is the last one."""

    context: Tensor
    text_features: Tensor
    logits: Tensor


def _look(backbone: Backbone, prompts: Prompts, features: Tensor, context: Tensor, graph: bool) -> _Look:
    with torch.set_grad_enabled(graph):
        text = backbone.encode_prompts(prompts, context)
        return _Look(context.detach().clone(), text, backbone.logits(features, text))


def _step(index: int, loss: Tensor, look: _Look, start: _Look, kept: Tensor, classes: Classes) -> TuneStep:
    text, logits = look.text_features.detach(), look.logits.detach().cpu()
    cosines = (text * start.text_features.detach()).sum(-1)
    return TuneStep(
        index=index,
        loss=float(loss),
        context=look.context.cpu(),
        text_features=text.cpu(),
        logits=logits,
        kept=kept.cpu(),
        token_drift=(look.context - start.context).norm(dim=-1).cpu(),
        text_drift=(1 - cosines).clamp_min(0).cpu(),
        prediction=Prediction(classes, logits[0]),
    )
