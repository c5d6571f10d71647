"""From the features of many views to one: a robust mode, a vote, a steered ensemble. Pure tensors, no model.

Letters: n views, c classes, d joint embedding. Features are unit vectors; logits are scaled cosines.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..numerics.measures import entropy, neighbour_similarity

NEAR_SHARE = 0.3  # of the other views that set a view's bandwidth (MTA)
LAMBDA_AFFINITY, LAMBDA_ENTROPY = 4.0, 0.2
OUTER, INNER, STILL = 5, 5, 1e-6
VARIANCE_KEPT = 0.9  # of the views' spread that the subspace holds (T-VSS)
STEER_RATE, STEER_TEMPERATURE, STEER_NEIGHBOURS = 0.1, 0.05, 5


def mean_shift_mode(features: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
    """The mode (d,) of features (n, d), and how much each view belongs to it (n,), summing to 1.

    MTA (Zanella & Ben Ayed, CVPR 2024, section 3): mean shift with a bandwidth per view and inlierness scores that
    views with similar predictions share. A view never counts as its own neighbour, and a bandwidth is never 0.
    """
    spread = (2 - 2 * features @ features.t()).clamp_min(0)
    near = max(1, int(NEAR_SHARE * (len(features) - 1)))
    others = spread + torch.diag(spread.new_full((len(spread),), torch.inf))
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
    return torch.exp(-(features - mode).square().sum(-1) / (2 * bandwidth))


def vote(logits: Tensor, keep: float) -> tuple[Tensor, int]:
    """Votes (c,) of the int(n * keep) surest of logits (n, c), at least one, and the class that wins.

    ZERO (Farina et al., NeurIPS 2024): at temperature zero each view votes for its best class; of classes with equally
    many votes, the one that the surest of the remaining views prefers wins, else the lowest number.
    """
    order = entropy(logits).argsort(stable=True)
    best = logits.argmax(-1)[order]
    count = max(1, int(len(logits) * keep))
    votes = torch.bincount(best[:count], minlength=logits.shape[-1])
    tied = votes == votes.max()
    decisive = [int(place) for place in best[count:] if tied[place]]
    return votes, decisive[0] if decisive and int(tied.sum()) > 1 else int(votes.argmax())


def steer(features: Tensor, text: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Log-probabilities (c,) of steered views, and the views' weights (n,).

    T-VSS (arXiv 2606.23132): the directions from view 0 to the others span a subspace; one AdamW step, from zero, moves
    all features (n, d) together within it so that their weighted entropy under text features (c, d) falls.
    """
    weights = (neighbour_similarity(features, STEER_NEIGHBOURS) / STEER_TEMPERATURE).softmax(0)
    directions = spread_directions(features)
    with torch.enable_grad():
        amounts = features.new_zeros(len(directions), requires_grad=True)
        loss = weights @ entropy(_steered(features, amounts @ directions, text, scale))
        (gradient,) = torch.autograd.grad(loss, amounts)
    moved = -STEER_RATE * gradient / (gradient.abs() + 1e-8)  # AdamW's first step from zero
    logits = _steered(features, moved @ directions, text, scale)
    return (logits.log_softmax(-1) + weights.log()[:, None]).logsumexp(0), weights


def spread_directions(features: Tensor) -> Tensor:
    """The fewest orthonormal directions (m, d) that hold `VARIANCE_KEPT` of the spread of views about view 0."""
    _, strengths, directions = torch.linalg.svd(features[1:] - features[:1], full_matrices=False)
    held = strengths.square().cumsum(0) / strengths.square().sum().clamp_min(1e-12)
    return directions[: int((held < VARIANCE_KEPT).sum()) + 1]


def _steered(features: Tensor, shift: Tensor, text: Tensor, scale: float) -> Tensor:
    return scale * F.normalize(features + shift, dim=-1) @ text.t()
