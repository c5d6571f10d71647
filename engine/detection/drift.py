"""How far noise moves what a model sees: what detection scores, TTC and MAC share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from ..models import Backbone


def uniform_noise(pixels: Tensor, radius: float, rng: np.random.Generator) -> Tensor:
    """A change of pixels (b, 3, s, s), uniform within `radius`, that keeps them in [0, 1]."""
    import torch

    drawn = torch.from_numpy(rng.uniform(-radius, radius, pixels.shape)).to(pixels)
    return (pixels + drawn).clamp(0, 1) - pixels


def embedded(backbone: Backbone, pixels: Tensor) -> Tensor:
    """Features (b, d) of pixels (b, 3, s, s), not scaled to unit length; without a graph."""
    import torch

    with torch.no_grad():
        return backbone.embed_image(pixels)


def relative_distance(before: Tensor, after: Tensor) -> Tensor:
    """How far features (b, d) moved, relative to their length, (b,)."""
    before, after = before.float(), after.float()
    return (after - before).norm(dim=-1) / before.norm(dim=-1).clamp_min(1e-10)
