"""MTA (Zanella & Ben Ayed, CVPR 2024): the densest spot among the features of many crops is the answer.

Letters: n views, c classes, d joint embedding. Features are unit vectors; logits are scaled cosines.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .base import Case, Defence, views_of

if TYPE_CHECKING:
    from torch import Tensor

NEAR_SHARE = 0.3  # of the other views that set a view's bandwidth
LAMBDA_AFFINITY, LAMBDA_ENTROPY = 4.0, 0.2
OUTER, INNER, STILL = 5, 5, 1e-6


def mean_shift_mode(features: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
    """The mode (d,) of features (n, d), and how much each view belongs to it (n,), summing to 1.

    MTA, section 3: mean shift with a bandwidth per view and inlierness scores that views with similar predictions
    share. A view never counts as its own neighbour, and a bandwidth is never 0.
    """
    import torch
    import torch.nn.functional as F

    spread = (2 - 2 * features @ features.t()).clamp_min(0)
    near = max(1, int(NEAR_SHARE * (len(features) - 1)))
    others = spread + torch.diag(spread.new_full((len(spread),), math.inf))
    bandwidth = 0.5 * others.topk(near, largest=False).values.mean(-1) + 1e-8
    shares = logits.softmax(-1)
    affinity = shares @ shares.t()
    belongs = torch.full_like(bandwidth, 1 / len(features))
    mode = features[0]
    for _ in range(OUTER):
        kernel = _kernel(features, mode, bandwidth)
        for _ in range(INNER):
            before, belongs = belongs, ((kernel + LAMBDA_AFFINITY * affinity @ belongs) / LAMBDA_ENTROPY).softmax(0)
            if float((belongs - before).detach().norm()) < STILL:
                break
        for _ in range(INNER):
            weight = belongs * _kernel(features, mode, bandwidth)
            before, mode = mode, F.normalize(weight @ features, dim=0)
            if float((mode - before).detach().norm()) < STILL:
                break
    return mode, belongs


def _kernel(features: Tensor, mode: Tensor, bandwidth: Tensor) -> Tensor:
    return (-(features - mode).square().sum(-1) / (2 * bandwidth)).exp()


def mode_answer(case: Case) -> Tensor:
    """Logits (c,) of the mode of the views' features."""
    mode, _ = mean_shift_mode(case.views.features.float(), case.logits.float())
    return case.backbone.scale * case.text.float() @ mode


MTA = Defence(
    title="MTA",
    source="Zanella & Ben Ayed, CVPR 2024",
    explanation="No tuning: the densest spot among the features of many crops is the answer.",
    views=views_of("crops"),
    answer=mode_answer,
)
