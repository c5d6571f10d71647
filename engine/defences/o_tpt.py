"""O-TPT (Sharifdeen et al., CVPR 2025): TPT with the class sentences pushed towards right angles of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Defence, Kept, first_view, views_of
from .tpt import entropy_of_mean

if TYPE_CHECKING:
    from torch import Tensor

ORTHOGONALITY = 18.0  # O-TPT's weight for fine-grained classes (its scripts: 2 for natural shifts of ImageNet)


def orthogonal_entropy(kept: Kept) -> Tensor:
    """TPT's loss plus `ORTHOGONALITY` times how far the text features are from right angles."""
    return entropy_of_mean(kept) + ORTHOGONALITY * overlap(kept.text_features)


def overlap(features: Tensor) -> Tensor:
    """How far unit features (c, d) are from right angles, () and 0 at best: the mean of sqrt(1 + s) - 1, where s sums
    a feature's squared cosines with all others.

    This is what the authors' code computes, by a Householder reflection of every row of the matrix of cosines; the
    paper writes the squared distance of that matrix from the unit matrix, whose slope does not level off.
    """
    cosines = features @ features.t()
    others = cosines.square().sum(-1) - cosines.diagonal().square()
    return (1 + others).sqrt().mean() - 1


O_TPT = Defence(
    title="O-TPT",
    source="Sharifdeen et al., CVPR 2025",
    explanation="As TPT, with the class sentences pushed towards right angles, so that confidences mean more.",
    views=views_of("augmix"),
    loss=orthogonal_entropy,
    answer=first_view,
)
