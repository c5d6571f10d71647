"""What a map must beat: maps that know nothing of the model, and a change of the picture that means no harm."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import require


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
    (Adebayo et al., NeurIPS 2018, hold maps against edges).

    The picture's own border is no edge: its outermost pixels are repeated beyond it, and a flat picture gives zeros.
    """
    grey = F.pad(pixels.mean(0)[None], (1, 1, 1, 1), mode="replicate")[0]
    across, down = (_smoothed(_slope(grey, dim), 1 - dim) for dim in (1, 0))
    return F.adaptive_avg_pool2d((across.square() + down.square()).sqrt()[None], grid)[0]


def _slope(values: Tensor, dim: int) -> Tensor:
    """Each value's next neighbour less its last along `dim`, which becomes two shorter."""
    length = values.shape[dim] - 2
    return values.narrow(dim, 2, length) - values.narrow(dim, 0, length)


def _smoothed(values: Tensor, dim: int) -> Tensor:
    """Each value twice and its two neighbours along `dim`, which becomes two shorter: the other half of Sobel."""
    last, here, following = (values.narrow(dim, start, values.shape[dim] - 2) for start in range(3))
    return last + 2 * here + following
