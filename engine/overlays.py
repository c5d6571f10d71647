"""Maps over whole pictures, each at its place and the picture at its own size: what is written to files. No tensors."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
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
BRIGHT, DARK = 0.2, 0.1  # of the cells, such a share is to lie above such a share of the colours
MOST_ROOT = 4


@dataclass(frozen=True, slots=True)
class Scale:
    """Which colour stands for which value: the first for `low`, the last for `high`, and between them the `root`-th
    root of the distance, so that a root above 1 spreads small values. It is monotone whatever the root.

    An `even` scale is of differences: `low` is -`high`, 0 has the middle colour, and the root counts on both sides.
    """

    low: float
    high: float
    root: int = 1
    even: bool = False

    def shares(self, values: ArrayLike) -> np.ndarray:
        """Where values lie among the colours: 0 and 1 are the ends, beyond which they are not cut."""
        distance = (np.asarray(values) - self._zero) / max(self.high - self._zero, 1e-12)
        rooted = np.sign(distance) * np.abs(distance) ** (1 / self.root)
        return (1 + rooted) / 2 if self.even else rooted

    def values(self, shares: ArrayLike) -> np.ndarray:
        """The values at such places among the colours: what `shares` undoes."""
        rooted = 2 * np.asarray(shares) - 1 if self.even else np.asarray(shares)
        return self._zero + (self.high - self._zero) * np.sign(rooted) * np.abs(rooted) ** self.root

    @property
    def _zero(self) -> float:
        """The value that distances count from."""
        return 0.0 if self.even else self.low


def upper_end(*maps: np.ndarray) -> float:
    """Where a scale for all of `maps` ends: their 0.99 quantile, so that one patch does not blacken the others."""
    return float(np.quantile(np.concatenate([one.ravel() for one in maps]), CLIP))


def scale_of(*maps: np.ndarray, low: float | None = None) -> Scale:
    """One scale for all of `maps`, from `low` (None: their lowest value) to `upper_end`.

    Its root is the least, up to the fourth, with which a fifth of all their cells leaves the darkest tenth of the
    colours: maps of few strong cells would else be dark but for these.
    """
    low = min(float(one.min()) for one in maps) if low is None else low
    return _rooted(Scale(low, upper_end(*maps)), *maps)


def difference_scale(*changes: np.ndarray) -> Scale:
    """One even scale for signed differences, to the `upper_end` of their sizes, with a root as in `scale_of`."""
    sizes = [np.abs(one) for one in changes]
    end = upper_end(*sizes) or 1e-12
    return Scale(-end, end, _rooted(Scale(0.0, end), *sizes).root, even=True)


def _rooted(plain: Scale, *maps: np.ndarray) -> Scale:
    """The same scale with the root that these maps need; flat ones need none."""
    shares = np.concatenate([plain.shares(one).ravel() for one in maps])
    if not shares.any():
        return plain
    faintest = np.quantile(shares, 1 - BRIGHT)
    return replace(plain, root=next((root for root in range(1, MOST_ROOT) if faintest >= DARK**root), MOST_ROOT))


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
    scale: Scale | None = None,
) -> dict[str, Image.Image]:
    """The attacked map (gh, gw), and where there is one the clean map on the same scale and their difference on one
    that is even on both sides of 0, each over the picture: by the names attacked, clean and difference. Arguments as of
    `overlaid`; `scale` is that of the maps (None: their own), that of the difference is its own."""
    now = np.asarray(attacked)
    before = now if clean is None else np.asarray(clean)
    scale = scale or scale_of(before, now)
    drawn = {"attacked": (now, scale, colours)}
    if clean is not None:
        moved = now - before
        drawn |= {"clean": (before, scale, colours), "difference": (moved, difference_scale(moved), DIVERGING)}
    return {name: overlaid(whole, box, *each, smooth) for name, each in drawn.items()}


def overlaid(
    whole: Image.Image,
    box: Box,
    cells: ArrayLike,
    scale: Scale,
    colours: str,
    smooth: bool = False,
) -> Image.Image:
    """A map (gh, gw) in the `box` of an RGB picture that stands there in grey, and in colour around it; of its size.

    `scale` says which of matplotlib's `colours` stands for which value; `smooth` interpolates the cells.
    """
    left, top, right, bottom = (
        round(share * side) for share, side in zip(box.sides, (*whole.size, *whole.size), strict=True)
    )
    placed = Image.fromarray(scale.shares(cells).astype(np.float32))
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
