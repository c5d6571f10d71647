"""T-VSS, test-time visual subspace steering (arXiv 2606.23132): the prompt stays; all views' features move together.

Letters: n views, c classes, d joint embedding. Features are unit vectors; logits are scaled cosines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Case, Defence, views_of

if TYPE_CHECKING:
    from torch import Tensor

VARIANCE_KEPT = 0.9  # of the views' spread that the subspace holds
RATE, TEMPERATURE, NEIGHBOURS = 0.1, 0.05, 5


def steer(features: Tensor, text: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Log-probabilities (c,) of steered views, and the views' weights (n,).

    The directions from view 0 to the others span a subspace; one AdamW step, from zero, moves all features (n, d)
    together within it so that their weighted entropy under text features (c, d) falls.
    """
    import torch

    from ..numerics.measures import entropy, neighbour_similarity

    weights = (neighbour_similarity(features, NEIGHBOURS) / TEMPERATURE).softmax(0)
    directions = spread_directions(features)
    with torch.enable_grad():
        amounts = features.new_zeros(len(directions), requires_grad=True)
        loss = weights @ entropy(_steered(features, amounts @ directions, text, scale))
        (gradient,) = torch.autograd.grad(loss, amounts)
    moved = -RATE * gradient / (gradient.abs() + 1e-8)  # AdamW's first step from zero
    logits = _steered(features, moved @ directions, text, scale)
    return (logits.log_softmax(-1) + weights.log()[:, None]).logsumexp(0), weights


def spread_directions(features: Tensor) -> Tensor:
    """The fewest orthonormal directions (m, d) that hold `VARIANCE_KEPT` of the spread of views about view 0."""
    import torch

    _, strengths, directions = torch.linalg.svd(features[1:] - features[:1], full_matrices=False)
    held = strengths.square().cumsum(0) / strengths.square().sum().clamp_min(1e-12)
    return directions[: int((held < VARIANCE_KEPT).sum()) + 1]


def _steered(features: Tensor, shift: Tensor, text: Tensor, scale: float) -> Tensor:
    import torch.nn.functional as F

    return scale * F.normalize(features + shift, dim=-1) @ text.t()


def steered_answer(case: Case) -> Tensor:
    """Log-probabilities (c,) of the steered views."""
    answer, _ = steer(case.views.features.float(), case.text.float(), case.backbone.scale)
    return answer


T_VSS = Defence(
    title="T-VSS",
    source="arXiv 2606.23132",
    explanation="The prompt stays; the features of all crops move together until they are surer.",
    views=views_of("augmix"),
    answer=steered_answer,
)
