"""Sign steps that drive a picture's feature from where it is: what TTC and MAC share."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..models import Backbone


@dataclass(frozen=True, slots=True)
class Push:
    """How many sign steps of which length, within which radius; lengths on the [0, 1] scale of pixels."""

    steps: int
    step: float
    radius: float


def away(backbone: Backbone, pixels: Tensor, anchor: Tensor, start: Tensor, push: Push) -> list[Tensor]:
    """Changes of pixels (b, 3, s, s) after 0, 1, ... sign steps that drive their features from `anchor` (b, d).

    Every change, `start` being the first, stays within the radius and keeps the picture in [0, 1].
    """
    trail = [start]
    for _ in range(push.steps):
        change = trail[-1].detach().requires_grad_()
        with torch.enable_grad():
            distance = (backbone.embed_image(pixels + change) - anchor).square().sum()
            (gradient,) = torch.autograd.grad(distance, change)
        pushed = (change.detach() + push.step * gradient.sign()).clamp(-push.radius, push.radius)
        trail.append((pixels + pushed).clamp(0, 1) - pixels)
    return trail
