"""Test-time prompt tuning as a stream of steps: TPT, R-TPT and A-TPT differ only in views and loss.

The context is a local tensor of the generator, so nothing is left in the model and two runs never meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from .backbone import Backbone, Prompts
from .measures import entropy, marginal_entropy
from .settings import TuneSettings
from .types import Classes, Prediction, TuneStep, ViewSet


def mean_entropy(logits: Tensor) -> Tensor:
    """Mean of the entropies of k predictions, (k, c) -> () in nats (R-TPT, A-TPT)."""
    return entropy(logits).mean()


LOSSES: dict[str, Callable[[Tensor], Tensor]] = {"pointwise": mean_entropy, "marginal": marginal_entropy}


def tune(backbone: Backbone, views: ViewSet, classes: Classes, settings: TuneSettings) -> Iterator[TuneStep]:
    """Yield the untuned prompt as step 0, then one step per AdamW update of the context.

    Only the first template of `classes` is tuned. The views with least entropy under it are chosen once, before the
    first update.
    """
    prompts = backbone.prompts(classes)
    features = views.features.to(backbone.device, backbone.dtype)
    context = prompts.context.clone().requires_grad_()
    optimiser = torch.optim.AdamW([context], lr=settings.learning_rate, weight_decay=settings.weight_decay)
    start = _look(backbone, prompts, features, context, settings.steps > 0)
    kept = confident(start.logits.detach(), settings.keep)
    for index in range(settings.steps + 1):
        look = start if index == 0 else _look(backbone, prompts, features, context, index < settings.steps)
        with torch.set_grad_enabled(index < settings.steps):
            loss = LOSSES[settings.loss](look.logits[kept])
        yield _step(index, loss.detach(), look, start, kept, classes)
        if index < settings.steps:
            (context.grad,) = torch.autograd.grad(loss, context)
            optimiser.step()


def confident(logits: Tensor, keep: float) -> Tensor:
    """Indices of the int(n * keep), at least one, predictions (n, c) with least entropy, least first."""
    return entropy(logits).argsort(stable=True)[: max(1, int(len(logits) * keep))]


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
