"""SS-TPT (ICML 2026): few views, scored by neighbour agreement before the prompt is tuned on them.

A view's two scores: is it like the others (suitability), and does it stand a jitter (stability)?
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..passes import Passes
from .base import Case, Defence, Kept, views_of
from .r_tpt import mean_entropy

if TYPE_CHECKING:
    from torch import Tensor

    from ..classes import Classes
    from ..models import Backbone
    from ..results import ViewSet
    from ..settings import Settings

VIEWS, KEPT = 16, 3
SUITABILITY_SHARE, TEMPERATURE, EPS = 0.4, 0.25, 1e-8


def neighbour_agreement(
    backbone: Backbone, views: ViewSet, classes: Classes, seed: int, legacy: bool = False
) -> Tensor:
    """Suitability and stability of every view, (n, 2), larger is better (SS-TPT and its released code).

    Encodes every view once more, all jittered alike. Stability is one over the Jensen-Shannon divergence of the view's
    two predictions p and q in nats, the mean of KL(p || m) and KL(q || m) for their mean m; `legacy` takes KL(m || p)
    and KL(m || q), as the released code does.
    """
    import numpy as np
    import torch

    from ..views.jitter import jitter

    with torch.no_grad():
        features = views.features.float()
        distances = 2 - 2 * features @ features.t()
        others = ~torch.eye(len(features), dtype=torch.bool)
        suitability = 1 / (distances[others].view(len(features), -1).mean(-1) + EPS)
        seen = backbone.encode_image(jitter(views.pixels, np.random.default_rng(seed)))
        again = backbone.logits(seen, backbone.encode_text(classes)).float().cpu()
        return torch.stack([suitability, 1 / (divergence(views.logits.float(), again, legacy) + EPS)], -1)


def divergence(first: Tensor, second: Tensor, reverse: bool = False) -> Tensor:
    """Jensen-Shannon divergence in nats of predictions with logits (n, c), (n,) from 0 to log 2.

    `reverse` measures from the mean to the predictions instead, which has no upper limit.
    """
    p, q = first.softmax(-1), second.softmax(-1)
    mean = (p + q) / 2
    pairs = [(mean, part) if reverse else (part, mean) for part in (p, q)]
    one, other = ((a * ((a + EPS).log() - (b + EPS).log())).sum(-1) for a, b in pairs)
    return 0.5 * (one + other).clamp_min(0)


def agreement_weights(scores: Tensor) -> Tensor:
    """Weights (k,), summing to 1, of views with scores (k, 2), each score first stretched to [0, 1] over them."""
    low, high = scores.amin(0), scores.amax(0)
    suitability, stability = ((scores - low) / (high - low + EPS)).unbind(-1)
    return ((SUITABILITY_SHARE * suitability + (1 - SUITABILITY_SHARE) * stability) / TEMPERATURE).softmax(0)


def entropy_and_agreement(kept: Kept) -> Tensor:
    """Mean entropy plus how far each view stands from the weighted mean of the others. Needs two views."""
    logs = kept.logits.log_softmax(-1)
    weighted = kept.weights[:, None] * logs.exp().detach()
    others = weighted.sum(0) - weighted
    others = others / others.sum(-1, keepdim=True).clamp_min(1e-12)
    apart = (others * ((others + 1e-8).log() - logs)).sum(-1)
    return mean_entropy(kept) + apart.mean()


def agreement_score(backbone: Backbone, views: ViewSet, classes: Classes, settings: Settings) -> Tensor:
    """The scores (n, 2) of `neighbour_agreement`, jittered under the seed of the views."""
    return neighbour_agreement(backbone, views, classes, settings.views.seed, settings.ensemble.legacy)


def agreement_answer(case: Case) -> Tensor:
    """Logits (c,): those of the views under the tuned prompt, weighted by their scores."""
    return agreement_weights(case.scored) @ case.logits.float()


SS_TPT = Defence(
    title="SS-TPT",
    source="SS-TPT, ICML 2026",
    explanation="Few crops; those count more that resemble the others and stand a small change.",
    views=views_of("augmix", count=VIEWS),
    score=agreement_score,
    score_passes=Passes(1),
    keep=KEPT / VIEWS,
    loss=entropy_and_agreement,
    weigh=agreement_weights,
    answer=agreement_answer,
    uses=("legacy",),
)
