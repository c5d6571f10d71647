"""Two pictures mixed by attention, A-TPT's equation for its views: pure tensor functions that know no model."""

from __future__ import annotations

import torch
from torch import Tensor

HIGH, MIDDLE, LOW = 2, 1, 0  # regions by their attention


def strengths(areas: Tensor, betas: Tensor, keep_high: float, keep_low: float) -> Tensor:
    """Weight of the base at each pixel: regions (n, s, s) and Beta draws (n,) -> (n, s, s) in [0, 1]."""
    middle = betas[:, None, None].expand(areas.shape)
    return torch.where(areas == HIGH, keep_high, torch.where(areas == LOW, keep_low, middle))


def blend(bases: Tensor, mixes: Tensor, strength: Tensor) -> Tensor:
    """strength * base + (1 - strength) * mix for pictures (n, 3, s, s) in [0, 1] and strength (n, s, s)."""
    weight = strength[:, None]
    return weight * bases + (1 - weight) * mixes
