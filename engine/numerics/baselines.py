"""What a map must beat: maps that know nothing of the model, and a change of the picture that means no harm."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import require

SOBEL = ((-1.0, 0.0, 1.0), (-2.0, 0.0, 2.0), (-1.0, 0.0, 1.0))


def sign_noise(pixels: Tensor, epsilon: float, seed: int) -> Tensor:
    """The null arm of an attack: pixels (..., s, s) in [0, 1] with +epsilon or -epsilon added to every channel of every
    pixel, by the toss of a coin, then cut to [0, 1]. `epsilon` on the same scale; raises `EngineError` outside [0, 1].
    """
    require(0 <= epsilon <= 1, f"Expected epsilon in [0, 1], as pixels are; got {epsilon:g}.")
    signs = torch.randint(0, 2, pixels.shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return (pixels + epsilon * signs.to(pixels)).clamp(0, 1)


def random_map(grid: tuple[int, int], seed: int) -> Tensor:
    """Uniform noise in [0, 1] on a grid (gh, gw): what a map that knows nothing scores."""
    return torch.rand(grid, generator=torch.Generator().manual_seed(seed))


def edges(pixels: Tensor, grid: tuple[int, int]) -> Tensor:
    """Mean Sobel gradient magnitude of the grey picture (3, s, s) in every cell, (gh, gw): what no model is needed for
    (Adebayo et al., NeurIPS 2018, hold maps against edges)."""
    kernel = torch.tensor(SOBEL).to(pixels)
    slopes = F.conv2d(pixels.mean(0)[None, None], torch.stack([kernel, kernel.t()])[:, None], padding=1)
    return F.adaptive_avg_pool2d(slopes.square().sum(1).sqrt(), grid)[0]
