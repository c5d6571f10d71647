"""CLIPure-Cos (Zhang et al., ICLR 2025): the picture's feature is turned towards a sentence that names no class.

The published loop moves within the plane of the feature and of that sentence's feature, so that where it ends is known
in closed form: an angle. What it adds to the logits is thus one number a class, the same for all pictures but for its
size. Two readings: the released settings, and steps short enough to do something.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from .base import Defence

if TYPE_CHECKING:
    from torch import Tensor

    from ..models import Backbone

STEPS, RELEASED, SHORT = 10, 30.0, 0.05  # how many steps, and their length along the tangent of the unit sphere


def towards_no_class(backbone: Backbone, features: Tensor, length: float) -> Tensor:
    """Unit features (m, d), turned towards the mean of the model's own sentences without a class name."""
    return turned(features.float(), backbone.nameless.float(), length).to(features)


def turned(features: Tensor, goal: Tensor, length: float, steps: int = STEPS) -> Tensor:
    """Unit features (m, d) after steps of `length` along the tangent towards a unit `goal` (d,), back on the sphere
    after each.

    A step turns a feature by atan(length) in the plane that it spans with the goal; one that is nearer than that comes
    to lie beyond the goal and turns back with the next. So ten steps of length 30, which is 88 degrees, lead there and
    back again, and change nothing.
    """
    import torch.nn.functional as F

    along = features @ goal
    upright = features - along[:, None] * goal
    angle = upright.norm(dim=-1).clamp_min(1e-12).atan2(along)  # beyond the goal: below 0
    turn = math.atan(length)
    for _ in range(steps):
        angle = angle - turn * angle.sign()
    return angle.cos()[:, None] * goal + angle.sin()[:, None] * F.normalize(upright, dim=-1)


CLIPURE = Defence(
    title="CLIPure (released)",
    source="Zhang et al., ICLR 2025, CLIPure-Cos as released, one picture at a time",
    explanation="The picture is turned towards a sentence that names no class, in steps so long that ten of them lead"
    " back to where it was: nothing changes.",
    turn=partial(towards_no_class, length=RELEASED),
)
CLIPURE_SHORT = replace(
    CLIPURE,
    title="CLIPure (short)",
    source="Zhang et al., ICLR 2025, CLIPure-Cos with a step of ours",
    explanation="The picture is turned a little towards a sentence that names no class: the same push for or against a"
    " class, whatever the picture.",
    turn=partial(towards_no_class, length=SHORT),
)
