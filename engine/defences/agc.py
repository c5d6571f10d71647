"""AGC (arXiv 2605.15584): the picture's feature is turned towards the mean of copies from other angles, or past it.

Letters: n copies, d joint embedding. Features are unit vectors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Case, Defence, views_of

if TYPE_CHECKING:
    from torch import Tensor

COPIES = 32
LEAST, MOST = 0.45, 2.25  # of the way to the copies' mean
SHARPNESS = 0.9  # of how much the copies' disagreement counts
STILL = 1e-6  # radians; where the mean lies nearer, nothing is turned


def corrected(features: Tensor) -> Tensor:
    """A unit feature (d,) for the picture with `features[0]` and copies with the rest of features (1 + n, d).

    It goes along the great circle towards the mean of the copies, the further the more they differ from the picture
    and the more they agree among themselves: past the mean where their mean cosine with it lies below about 0.7.
    """
    import torch.nn.functional as F

    picture, copies = features[0], features[1:]
    anchor = F.normalize(copies.mean(0), dim=0)
    along = picture @ anchor
    upright = anchor - along * picture
    angle = upright.norm().clamp_min(1e-12).atan2(along)
    if float(angle.detach()) < STILL:
        return picture
    turn = share_of_the_way(features) * angle
    return F.normalize(turn.cos() * picture + turn.sin() * F.normalize(upright, dim=0), dim=0)


def share_of_the_way(features: Tensor) -> Tensor:
    """How far towards the mean of the copies the picture's feature is turned, (); above 1: past it."""
    count, copies = len(features) - 1, features[1:]
    apart = (1 - (copies @ features[0]).mean()).clamp(0, 1)
    pairs = (copies @ copies.t()).sum() - copies.square().sum()
    agreed = ((pairs / max(count * (count - 1), 1) + 1) / 2).clamp(0, 1) if count > 1 else apart.new_ones(())
    return LEAST + (MOST - LEAST) * apart.clamp_min(1e-12) ** SHARPNESS * agreed


def corrected_answer(case: Case) -> Tensor:
    """Logits (c,) of the turned feature."""
    return case.backbone.scale * case.text.float() @ corrected(case.views.features.float())


AGC = Defence(
    title="AGC",
    source="arXiv 2605.15584",
    explanation="The picture is moved towards copies of it seen from other angles, and past them where they disagree"
    " with it; a model that knows no black rims is misled by theirs.",
    views=views_of("perspective", count=1 + COPIES),
    answer=corrected_answer,
)
