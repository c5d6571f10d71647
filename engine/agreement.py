"""SS-TPT's two scores of a view: is it like the others (suitability), and does it stand a jitter (stability)?"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .backbone import Backbone
from .jitter import jitter
from .types import Classes, ViewSet

SUITABILITY_SHARE, TEMPERATURE, EPS = 0.4, 0.25, 1e-8


@torch.no_grad()
def agreement(backbone: Backbone, views: ViewSet, classes: Classes, seed: int) -> Tensor:
    """Suitability and stability of every view, (n, 2), larger is better (SS-TPT, ICML 2026, and its released code).

    Encodes every view once more, all jittered alike. Stability is one over the mean of KL(m || p) and KL(m || q), the
    order of the released code, for predictions p and q and their mean m.
    """
    features = views.features.float()
    distances = 2 - 2 * features @ features.t()
    others = ~torch.eye(len(features), dtype=torch.bool)
    suitability = 1 / (distances[others].view(len(features), -1).mean(-1) + EPS)
    seen = backbone.encode_image(jitter(views.pixels, np.random.default_rng(seed)))
    again = backbone.logits(seen, backbone.encode_text(classes)).float().cpu()
    return torch.stack([suitability, 1 / (_disagreement(views.logits.float(), again) + EPS)], -1)


def agreement_weights(scores: Tensor) -> Tensor:
    """Weights (k,), summing to 1, of views with scores (k, 2), each score first stretched to [0, 1] over them."""
    low, high = scores.amin(0), scores.amax(0)
    suitability, stability = ((scores - low) / (high - low + EPS)).unbind(-1)
    return ((SUITABILITY_SHARE * suitability + (1 - SUITABILITY_SHARE) * stability) / TEMPERATURE).softmax(0)


def _disagreement(first: Tensor, second: Tensor) -> Tensor:
    p, q = first.softmax(-1), second.softmax(-1)
    mean = (p + q) / 2
    return 0.5 * sum((mean * ((mean + EPS).log() - (part + EPS).log())).sum(-1) for part in (p, q))
