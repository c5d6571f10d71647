"""An attacked picture as a file can hold it."""

from __future__ import annotations

from torch import Tensor


def to_8_bits(pixels: Tensor, clean: Tensor, epsilon: float) -> Tensor:
    """`pixels` rounded to n/255 and clipped, in whole levels, to the ball of `epsilon` around `clean`.

    Rounding alone leaves the ball by one level where a bound falls between two levels.
    """
    middle = (clean * 255).round()
    radius = int(epsilon * 255 + 1e-6)  # whole levels; the small term keeps 4/255 * 255 from becoming 3
    levels = (pixels * 255).round().clamp(middle - radius, middle + radius)
    return levels.clamp(0, 255) / 255
