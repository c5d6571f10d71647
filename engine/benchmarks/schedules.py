"""What the released codes of TPT, R-TPT and A-TPT do for one picture, pass by pass, the attack left out.

How often they call the model is theirs: views are encoded again for every pass, and each pass reads the prompts again.
The two flaws that change an answer are left out, as in our defences' default: the prompt is the template's own at the
start, and no view counts as its own neighbour.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ..classes import Classes
from ..models import Backbone
from ..numerics.measures import entropy, marginal_entropy
from ..settings import ViewSettings
from ..views.guided import mixed_views
from .literal import Passes

KEEP = 0.1  # of the views, those with least entropy, drive the tuning
RATE, DECAY = 5e-3, 0.01
NEIGHBOURS, TEMPERATURE = 20, 0.01
SHARE_HIGH, SHARE_LOW = 0.2, 0.8  # of the pixels, by their attention
KEEP_HIGH, KEEP_LOW = 0.8, 0.2  # of the crop, there


@dataclass(frozen=True, eq=False, slots=True)
class Draws:
    """Crops (n, 3, s, s) of a picture, their mixtures (n, 3, s, s) and how much of the crop stays, (n,).

    The first is the picture itself.
    """

    crops: Tensor
    mixes: Tensor
    betas: Tensor

    @property
    def views(self) -> Tensor:
        """AugMix's views (n, 3, s, s)."""
        kept = self.betas[:, None, None, None]
        return kept * self.crops + (1 - kept) * self.mixes


def draw(backbone: Backbone, pixels: Tensor, classes: Classes, count: int) -> Draws:
    """The same draws as `make_views` has under the same seed, of pixels (3, s, s)."""
    views = mixed_views(backbone, pixels, classes, ViewSettings(kind="augmix", count=count))
    crops = views.bases.float() / 255
    crops[0] = views.mixes[0]
    found = (one.to(backbone.device) for one in (crops, views.mixes, views.betas))
    return Draws(*found)


def tpt(passes: Passes, draws: Draws) -> Tensor:
    """Logits (c,): views once, the prompt read, tuned, and read again for the picture alone."""
    context = _tuned(passes, draws.views, marginal_entropy)
    return passes.logits(draws.views[:1], context)[0]


def r_tpt(passes: Passes, draws: Draws) -> Tensor:
    """Logits (c,): a pass over the views that nothing reads, then as `answered`."""
    passes.logits(draws.views, passes.start())
    return answered(passes, draws.views)


def a_tpt(passes: Passes, draws: Draws) -> Tensor:
    """Logits (c,): a map of every crop, one at a time, each with the prompts read anew, then as `answered`."""
    views = [draws.crops[0]]
    for crop, mix, beta in zip(draws.crops[1:], draws.mixes[1:], draws.betas[1:], strict=True):
        attention = passes.map(crop, passes.start())
        kept = torch.where(attention <= attention.flatten().quantile(SHARE_LOW), KEEP_LOW, beta)
        kept = torch.where(attention > attention.flatten().quantile(1 - SHARE_HIGH), KEEP_HIGH, kept)
        views.append(kept * crop + (1 - kept) * mix)
    return answered(passes, torch.stack(views))


SCHEDULES: Mapping[str, Callable[[Passes, Draws], Tensor]] = {"tpt": tpt, "r-tpt": r_tpt, "a-tpt": a_tpt}


def answered(passes: Passes, views: Tensor) -> Tensor:
    """CLIP's own answer, the views' features, the tuning and the answer of all views, each from the pixels on."""
    passes.logits(views[:1], passes.start())
    features = passes.image(views)
    passes.text(passes.start())
    context = _tuned(passes, views, _mean_entropy)
    cosines = (features @ features.t()).fill_diagonal_(-math.inf)
    scores = cosines.topk(min(NEIGHBOURS, len(views) - 1), -1).values.mean(-1)
    return (scores / TEMPERATURE).softmax(0) @ passes.logits(views, context)


def _tuned(passes: Passes, views: Tensor, loss: Callable[[Tensor], Tensor]) -> Tensor:
    """The context (words, width) after one AdamW step on the surest views."""
    context = passes.start().requires_grad_()
    optimiser = torch.optim.AdamW([context], RATE, weight_decay=DECAY)
    with torch.enable_grad():
        logits = passes.logits(views, context)
        kept = entropy(logits.detach()).argsort(stable=True)[: max(1, int(KEEP * len(views)))]
        (context.grad,) = torch.autograd.grad(loss(logits[kept]), context)
    optimiser.step()
    return context.detach()


def _mean_entropy(logits: Tensor) -> Tensor:
    return entropy(logits).mean()
