"""Maps on a patch grid made as large as the picture: pure tensor functions that know no model."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def upsample(grids: Tensor, size: int, floor: float = 0.0) -> Tensor:
    """Maps (n, gh, gw) in [0, 1] stretched bilinearly to (n, size, size), then sharpened where `floor` > 0."""
    maps = F.interpolate(grids[:, None], (size, size), mode="bilinear", align_corners=False)[:, 0]
    return sharpen(maps, floor) if floor > 0 else maps


def sharpen(maps: Tensor, floor: float) -> Tensor:
    """A-TPT's ResNet path for maps (n, s, s): take `floor` off, cut at zero, divide by the largest value, square."""
    cut = (maps - floor).relu()
    return (cut / (cut.amax((-2, -1), keepdim=True) + 1e-8)).square()
