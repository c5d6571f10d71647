"""One picture as from other angles, as AGC looks at it; knows no model.

Every corner is moved inwards by chance, and what lies outside is black: torchvision's RandomPerspective with its usual
distortion of one half, which moves a corner by up to a quarter of the picture's side.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .crops import Box

DISTORTION = 0.5
Corners = tuple[tuple[int, int], ...]  # (across, down) in pixels: top left, top right, bottom right, bottom left


def draw_corners(size: int, rng: np.random.Generator) -> Corners:
    """Where the corners of a square picture come to lie."""
    reach = int(DISTORTION * (size // 2))
    inwards = rng.integers(0, reach + 1, (4, 2)).tolist()
    signs = ((1, 1), (-1, 1), (-1, -1), (1, -1))
    ends = zip(_ends(size), inwards, signs, strict=True)
    return tuple((x + right * dx, y + down * dy) for (x, y), (dx, dy), (right, down) in ends)


def change(picture: np.ndarray, view: int, rng: np.random.Generator) -> tuple[np.ndarray, Box]:
    """A uint8 (s, s, 3) picture as from another angle, and what is seen of it, as in `crop`: all."""
    size = picture.shape[0]
    seen = warped(torch.from_numpy(picture).permute(2, 0, 1).float() / 255, draw_corners(size, rng))
    return (seen * 255).round().byte().permute(1, 2, 0).contiguous().numpy(), (0, 0, size, size, 0)


def warped(picture: Tensor, corners: Corners) -> Tensor:
    """The picture (3, s, s) in [0, 1] with its corners there, bicubic; differentiable with respect to the picture."""
    size = picture.shape[-1]
    places = torch.arange(size, dtype=torch.float64)
    down, across = torch.meshgrid(places, places, indexing="ij")
    a, b, c, d, e, f, g, h = _backwards(size, corners).tolist()
    depth = g * across + h * down + 1
    found = torch.stack([(a * across + b * down + c) / depth, (d * across + e * down + f) / depth], -1)
    grid = ((2 * found + 1) / size - 1).to(picture)
    seen = F.grid_sample(picture[None], grid[None], mode="bicubic", padding_mode="zeros", align_corners=False)
    return seen[0].clamp(0, 1)


def _ends(size: int) -> Corners:
    return (0, 0), (size - 1, 0), (size - 1, size - 1), (0, size - 1)


def _backwards(size: int, corners: Corners) -> Tensor:
    """The eight numbers of the projection that leads from each pixel of the view to its place in the picture."""
    rows, goals = [], []
    for (x, y), (u, v) in zip(corners, _ends(size), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        goals += [u, v]
    return torch.linalg.solve(torch.tensor(rows, dtype=torch.float64), torch.tensor(goals, dtype=torch.float64))
