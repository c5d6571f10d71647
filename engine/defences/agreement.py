"""SS-TPT's two scores of a view: is it like the others (suitability), and does it stand a jitter (stability)?"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..classes import Classes
from ..models import Backbone
from ..results import ViewSet
from ..views.jitter import jitter

SUITABILITY_SHARE, TEMPERATURE, EPS = 0.4, 0.25, 1e-8


@torch.no_grad()
def agreement(backbone: Backbone, views: ViewSet, classes: Classes, seed: int, legacy: bool = False) -> Tensor:
    """Suitability and stability of every view, (n, 2), larger is better (SS-TPT, ICML 2026, and its released code).

    Encodes every view once more, all jittered alike. Stability is one over the Jensen-Shannon divergence of the view's
    two predictions p and q in nats, the mean of KL(p || m) and KL(q || m) for their mean m; `legacy` takes KL(m || p)
    and KL(m || q), as the released code does.
    """
    features = views.features.float()
    distances = 2 - 2 * features @ features.t()
    others = ~torch.eye(len(features), dtype=torch.bool)
    suitability = 1 / (distances[others].view(len(features), -1).mean(-1) + EPS)
    seen = backbone.encode_image(jitter(views.pixels, np.random.default_rng(seed)))
    again = backbone.logits(seen, backbone.encode_text(classes)).float().cpu()
    return torch.stack([suitability, 1 / (divergence(views.logits.float(), again, legacy) + EPS)], -1)


def agreement_weights(scores: Tensor) -> Tensor:
    """Weights (k,), summing to 1, of views with scores (k, 2), each score first stretched to [0, 1] over them."""
    low, high = scores.amin(0), scores.amax(0)
    suitability, stability = ((scores - low) / (high - low + EPS)).unbind(-1)
    return ((SUITABILITY_SHARE * suitability + (1 - SUITABILITY_SHARE) * stability) / TEMPERATURE).softmax(0)


def divergence(first: Tensor, second: Tensor, reverse: bool = False) -> Tensor:
    """Jensen-Shannon divergence in nats of predictions with logits (n, c), (n,) from 0 to log 2.

    `reverse` measures from the mean to the predictions instead, which has no upper limit.
    """
    p, q = first.softmax(-1), second.softmax(-1)
    mean = (p + q) / 2
    pairs = [(mean, part) if reverse else (part, mean) for part in (p, q)]
    return 0.5 * sum((a * ((a + EPS).log() - (b + EPS).log())).sum(-1) for a, b in pairs).clamp_min(0)
