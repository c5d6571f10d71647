"""TTC (Xing et al., CVPR 2025): where noise hardly moves what the model sees, the picture is pushed away from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..passes import Passes
from .base import Defence

if TYPE_CHECKING:
    from torch import Tensor

    from ..classes import Classes
    from ..models import Backbone

RADIUS, STEP, STEPS, SHARPNESS, THRESHOLD = 4 / 255, 1 / 255, 2, 2.0, 0.2


def counterattack(backbone: Backbone, pixels: Tensor, classes: Classes, seed: int) -> Tensor:
    """If noise hardly moves the picture's feature, which is what attacked pictures do, push the feature as far away as
    4/255 allows; else only the noise is added. (3, s, s) -> (1, 3, s, s). Nothing says whether there was an attack.

    Where only noise is added, no more than 2 passes forward are made.
    """
    import numpy as np
    import torch

    from ..detection.drift import embedded, relative_distance, uniform_noise
    from ..models.memory import enough_memory
    from .counterattack import Push, away

    with enough_memory("TTC"):
        picture = pixels[None]
        start = uniform_noise(picture, RADIUS, np.random.default_rng(seed))
        anchor = embedded(backbone, picture)
        if float(relative_distance(anchor, embedded(backbone, picture + start))) >= THRESHOLD:
            return picture + start
        trail = torch.stack(away(backbone, picture, anchor, start, Push(STEPS, STEP, RADIUS)))
        weights = (SHARPNESS * torch.arange(len(trail), dtype=trail.dtype)).softmax(0)
        return (picture + torch.tensordot(weights, trail, 1)).clamp(0, 1)


TTC = Defence(
    title="TTC",
    source="Xing et al., CVPR 2025",
    explanation="If noise hardly moves what the model sees, the picture is pushed away from where it is.",
    purify=counterattack,
    purify_passes=Passes(2 + STEPS, STEPS),
)
