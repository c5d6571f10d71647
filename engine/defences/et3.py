"""ET3 (CVPR 2026): the picture is moved a little to where some class fits it better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..passes import Passes
from .base import Defence

if TYPE_CHECKING:
    from torch import Tensor

    from ..classes import Classes
    from ..models import Backbone

RADIUS, STEP, STEPS = 5 / 255, 2.5, 2


def energy_descent(backbone: Backbone, pixels: Tensor, classes: Classes, seed: int) -> Tensor:
    """Steps of Euclidean length 2.5 down the energy -log sum exp(logits), within 5/255. (3, s, s) -> (1, 3, s, s).

    Meant for robust encoders; on plain CLIP it helps little at 4/255. Nothing says whether there was an attack, and
    nothing is drawn from the seed.
    """
    import torch

    from ..models.memory import enough_memory

    with enough_memory("ET3"):
        picture = pixels[None]
        text = backbone.encode_text(classes)
        moved = picture
        for _ in range(STEPS):
            moved = moved.detach().requires_grad_()
            with torch.enable_grad():
                energy = -backbone.logits(backbone.encode_image(moved), text).logsumexp(-1).sum()
                (gradient,) = torch.autograd.grad(energy, moved)
            step = STEP * gradient / gradient.norm().clamp_min(1e-12)
            moved = (picture + (moved.detach() - step - picture).clamp(-RADIUS, RADIUS)).clamp(0, 1)
        return moved


ET3 = Defence(
    title="ET3",
    source="ET3, CVPR 2026",
    explanation="The picture is moved a little to where some class fits it better.",
    purify=energy_descent,
    purify_passes=Passes(STEPS, STEPS),
)
