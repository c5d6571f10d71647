"""Pixel values of any depth as 8 bits, and a clause on how: arrays only."""

from __future__ import annotations

import numpy as np

BITS = (8, 10, 12, 14, 16)  # that cameras, scanners and microscopes deliver; a file stores most of them in 16
DARKEST = 16  # no picture in levels of 8 bits has its brightest pixel below this, so it is in another unit
NOISE = 0.1  # of the greatest value: what lies so little below 0 is an overshoot and not a signed scale


def to_8_bits(values: np.ndarray) -> tuple[np.ndarray, str]:
    """Finite `values` of any shape and type as uint8, and what was done.

    Whole numbers are scaled by the fewest of `BITS` that hold the greatest. Floats up to 1 are taken for [0, 1], those
    up to 255 for levels unless all are below `DARKEST`; whatever fits nowhere is scaled by its greatest value. With
    values clearly below 0, the range from the least to the greatest is stretched.
    """
    low, high = values.min().item(), values.max().item()
    signed, whole = low < -NOISE * abs(high), values.dtype.kind in "iu"
    if whole and not signed and (bits := bits_of(values)):
        told = f"scaled from {bits} bits to 8" if bits > 8 else "taken for 8 bits"
        return from_bits(values, bits), f"values up to {high:,} were {told}"
    values = values.astype(np.float64)
    if signed:
        told = f"values from {low:,.6g} to {high:,.6g} were stretched to 8 bits"
        return _rounded((values - low) * (255 / ((high - low) or 1))), told
    if not whole and high <= 1:
        return _rounded(values * 255), "values from 0 to 1 were scaled to 8 bits"
    if not whole and DARKEST <= high <= 255:
        return _rounded(values), "values were rounded to 8 bits"
    return _rounded(values * (255 / high)), f"values up to {high:,.6g} were scaled to 8 bits by the greatest"


def bits_of(values: np.ndarray) -> int:
    """The fewest of `BITS` that hold the greatest of these whole numbers; 0 where none do."""
    return next((bits for bits in BITS if values.max() < 2**bits), 0)


def from_bits(values: np.ndarray, bits: int) -> np.ndarray:
    """Whole numbers of so many bits as uint8; those below 0 become 0."""
    table = _rounded(np.arange(2**bits) * (255 / (2**bits - 1)))
    return table[values.clip(0)]


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.rint(values).clip(0, 255).astype(np.uint8)
