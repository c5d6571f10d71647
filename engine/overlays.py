"""Maps over whole pictures, each at its place and the picture at its own size: what is written to files. No tensors."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

if TYPE_CHECKING:
    from .results import Box

LONGEST = 4096  # pixels: longer pictures are reduced to this, or a file would take hundreds of megabytes
OPACITY = 0.6
DIVERGING = "PuOr_r"  # of differences: violet where there was more before, orange where there is more now
CLIP = 0.99


def upper_end(*maps: np.ndarray) -> float:
    """Where a scale for all of `maps` ends: their 0.99 quantile, so that one patch does not blacken the others."""
    return float(np.quantile(np.concatenate([one.ravel() for one in maps]), CLIP))


def scale_of(*maps: np.ndarray) -> tuple[float, float]:
    """The ends of one scale for all of `maps`: their lowest value, and `upper_end`."""
    return min(float(one.min()) for one in maps), upper_end(*maps)


def shares(values: np.ndarray, scale: tuple[float, float]) -> np.ndarray:
    """Where values lie on a scale: 0 and 1 are its ends, beyond which they are not cut."""
    low, high = scale
    return (values - low) / max(high - low, 1e-12)


def coloured(places: np.ndarray, colours: str = "viridis") -> np.ndarray:
    """Values in [0, 1], cut off beyond, as uint8 RGB of the same shape and 3; `colours` as matplotlib names them."""
    import matplotlib

    return (matplotlib.colormaps[colours](np.clip(places, 0, 1))[..., :3] * 255).round().astype(np.uint8)


def compared(
    whole: Image.Image,
    box: Box,
    attacked: ArrayLike,
    clean: ArrayLike | None,
    colours: str = "viridis",
    smooth: bool = False,
) -> dict[str, Image.Image]:
    """The attacked map (gh, gw), and where there is one the clean map on the same scale and their difference on one
    that is even on both sides of 0, each over the picture: by the names attacked, clean and difference. Arguments as of
    `overlaid`."""
    now = np.asarray(attacked)
    before = now if clean is None else np.asarray(clean)
    limits = scale_of(before, now)
    drawn = {"attacked": (now, limits, colours)}
    if clean is not None:
        most = upper_end(np.abs(now - before)) or 1e-12
        drawn |= {"clean": (before, limits, colours), "difference": (now - before, (-most, most), DIVERGING)}
    return {name: overlaid(whole, box, *each, smooth) for name, each in drawn.items()}


def overlaid(
    whole: Image.Image,
    box: Box,
    cells: ArrayLike,
    scale: tuple[float, float],
    colours: str,
    smooth: bool = False,
) -> Image.Image:
    """A map (gh, gw) in the `box` of an RGB picture that stands there in grey, and in colour around it; of its size.

    `scale` are the values drawn in the first and the last of matplotlib's `colours`; `smooth` interpolates the cells.
    """
    left, top, right, bottom = (
        round(share * side) for share, side in zip(box.sides, (*whole.size, *whole.size), strict=True)
    )
    placed = Image.fromarray(shares(np.asarray(cells), scale).astype(np.float32))
    way = Image.Resampling.BILINEAR if smooth else Image.Resampling.NEAREST
    inside = (max(left, 0), max(top, 0), min(right, whole.width), min(bottom, whole.height))
    levels = placed.resize((right - left, bottom - top), way)
    levels = levels.crop((inside[0] - left, inside[1] - top, inside[2] - left, inside[3] - top))
    table = coloured(np.linspace(0, 1, 256), colours)
    heat = Image.fromarray(table[(np.asarray(levels).clip(0, 1) * 255).round().astype(np.uint8)])
    drawn = whole.copy()
    drawn.paste(Image.blend(whole.crop(inside).convert("L").convert("RGB"), heat, OPACITY), inside[:2])
    return drawn


def png(picture: Image.Image) -> bytes:
    """An exact file of a picture, packed quickly rather than tightly."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
