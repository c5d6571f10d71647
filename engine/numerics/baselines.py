"""What a map must beat: maps that know nothing of the model, and a change of the picture that means no harm."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import require

SOBEL_SUM = 4  # of one side of Sobel's weights, 1, 2 and 1


def sign_noise(pixels: Tensor, epsilon: float, seed: int, inside: Tensor | None = None) -> Tensor:
    """The null arm of an attack: pixels (..., s, s) in [0, 1] with +epsilon or -epsilon added to every channel of every
    pixel, by the toss of a coin, then cut to [0, 1]; with a mask `inside` (s, s), only there. `epsilon` on the same
    scale; raises `EngineError` outside [0, 1].
    """
    require(0 <= epsilon <= 1, f"Expected epsilon in [0, 1], as pixels are; got {epsilon:g}.")
    signs = torch.randint(0, 2, pixels.shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    noisy = (pixels + epsilon * signs.to(pixels)).clamp(0, 1)
    return noisy if inside is None else torch.where(inside, noisy, pixels)


def random_map(grid: tuple[int, int], seed: int) -> Tensor:
    """Uniform noise in [0, 1] on a grid (gh, gw): what a map that knows nothing scores."""
    return torch.rand(grid, generator=torch.Generator().manual_seed(seed))


def edges(pixels: Tensor, grid: tuple[int, int]) -> Tensor:
    """Mean Sobel gradient magnitude of the grey picture (3, s, s) in every cell, (gh, gw): what no model is needed for
    (Adebayo et al., NeurIPS 2018, hold maps against edges).

    The picture's own border is no edge: its outermost pixels are repeated beyond it, and a flat picture gives zeros.
    """
    from skimage.filters import sobel  # only the map of edges needs it

    slopes = sobel(pixels.mean(0).numpy(force=True), mode="nearest")  # of weights that sum to 1, by the root of 2
    magnitudes = SOBEL_SUM * math.sqrt(2) * torch.from_numpy(slopes).to(pixels)
    return F.adaptive_avg_pool2d(magnitudes[None], grid)[0]
