"""MAC (CVPR 2026): the picture and a jittered copy are pushed away from where they are, as far as jitter suggests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..passes import Passes
from .base import Defence

if TYPE_CHECKING:
    from torch import Tensor

    from ..classes import Classes
    from ..models import Backbone

RADIUS, STEPS, VIEWS, THRESHOLD, WIDTH = 8 / 255, 4, 2, 0.7, 0.01


def adaptive_counterattack(backbone: Backbone, pixels: Tensor, classes: Classes, seed: int) -> Tensor:
    """The picture and a jittered copy, each pushed away from its feature by as much of the push as another jitter
    suggests. (3, s, s) -> (2, 3, s, s), whose logits are to be averaged. Nothing says whether there was an attack.
    """
    import numpy as np
    import torch

    from ..detection.drift import embedded, relative_distance, uniform_noise
    from ..models.memory import enough_memory
    from ..views.jitter import jitter
    from .counterattack import Push, away

    with enough_memory("MAC"):
        rng = np.random.default_rng(seed)
        pictures = torch.cat([pixels[None], *(jitter(pixels[None], rng) for _ in range(VIEWS - 1))])
        jittered = torch.cat([jitter(picture[None], rng) for picture in pictures])
        anchor = embedded(backbone, pictures)
        distance = relative_distance(anchor, embedded(backbone, jittered))
        share = ((distance - THRESHOLD) / WIDTH).sigmoid().to(pictures)
        start = uniform_noise(pictures, RADIUS, rng)
        pushed = away(backbone, pictures, anchor, start, Push(STEPS, RADIUS / 4, RADIUS))[-1]
        return (pictures + share[:, None, None, None] * pushed).clamp(0, 1)


MAC = Defence(
    title="MAC",
    source="MAC, CVPR 2026",
    explanation="The picture and a jittered copy are pushed away from where they are, as far as jitter suggests.",
    purify=adaptive_counterattack,
    purify_passes=Passes(2 + STEPS, STEPS) * VIEWS,
    pictures=VIEWS,
)
