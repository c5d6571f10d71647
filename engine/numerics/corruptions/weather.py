"""Weather: snow, fog, light, drops and mud. Frost is left out: it is made of six photographs that nobody licenses."""

from __future__ import annotations

import numpy as np

from .blur import motion_blur, zoomed
from .noise import Pixels, Rng

WATER, MUD = (np.array(levels) / 255 for levels in ((175, 238, 238), (63, 42, 20)))
SLANTS = (-135, -45)  # degrees at which snow falls


def snow(
    x: Pixels, rng: Rng, scale: float, mean: float, sd: float, zoom: float, least: float, radius: float, sigma: float,
    kept: float,
) -> Pixels:  # fmt: skip
    """Drawn-out flakes over a picture that is paler than before."""
    flakes = zoomed(rng.normal(mean, sd, x.shape[:2]), max(1.0, zoom * scale))
    flakes = motion_blur(np.where(flakes < least, 0, flakes).clip(0, 1), rng, scale, radius, sigma, SLANTS)
    grey = x @ np.array((0.299, 0.587, 0.114))
    pale = kept * x + (1 - kept) * np.maximum(x, grey[..., None] * 1.5 + 0.5)
    return pale + (flakes + np.rot90(flakes, 2))[..., None]


def fog(x: Pixels, rng: Rng, strength: float, decay: float) -> Pixels:
    """Clouds laid over it, and the whole as bright as before."""
    height, width = x.shape[:2]
    clouds = plasma(1 << (max(height, width) - 1).bit_length(), decay, rng)[:height, :width]
    most = x.max()
    return (x + strength * clouds[..., None]) * most / (most + strength)


def plasma(side: int, decay: float, rng: Rng) -> np.ndarray:
    """Clouds (side, side) in [0, 1], the side a power of two: midpoints of ever smaller squares, moved ever less.

    They go on at the opposite edge.
    """
    clouds, step, reach = np.zeros((side, side)), side, 1.0
    while step > 1:
        half = step // 2
        corners = clouds[::step, ::step]
        across = corners + np.roll(corners, -1, 0)
        middles = (across + np.roll(across, -1, 1)) / 4
        clouds[half::step, half::step] = middles + rng.uniform(-reach, reach, middles.shape)
        inner = clouds[half::step, half::step]
        sideways = (corners + np.roll(corners, -1, 1) + inner + np.roll(inner, 1, 0)) / 4
        clouds[::step, half::step] = sideways + rng.uniform(-reach, reach, sideways.shape)
        downwards = (corners + np.roll(corners, -1, 0) + inner + np.roll(inner, 1, 1)) / 4
        clouds[half::step, ::step] = downwards + rng.uniform(-reach, reach, downwards.shape)
        step, reach = half, reach / decay
    clouds -= clouds.min()
    return clouds / clouds.max()


def brightness(x: Pixels, rng: Rng, more: float) -> Pixels:
    """Lighter in hue, saturation and value: the value raised, the others as they were."""
    value = x.max(-1, keepdims=True)
    raised = (value + more).clip(0, 1)
    return np.where(value > 0, x / np.where(value > 0, value, 1) * raised, raised)


def spatter(
    x: Pixels, rng: Rng, scale: float, mean: float, sd: float, sigma: float, least: float, strength: float, mud: bool
) -> Pixels:
    """Drops of water that catch the light, or spots of mud."""
    from scipy.ndimage import gaussian_filter

    liquid = gaussian_filter(rng.normal(mean, sd, x.shape[:2]), sigma * scale, mode="nearest")
    if mud:
        spots = gaussian_filter((liquid > least).astype(np.float64), strength * scale, mode="nearest")
        spots = np.where(spots < 0.8, 0, spots)[..., None]
        return x * (1 - spots) + MUD * spots
    drops = np.where(liquid < least, 0, liquid)
    lit = drops * _edges(drops)
    return x + (lit / max(lit.max(), 1e-9) * strength)[..., None] * WATER


def _edges(drops: np.ndarray) -> np.ndarray:
    """Where drops (s, s) catch the light: the rims, from one side."""
    import cv2

    rims = 255 - cv2.Canny((drops * 255).clip(0, 255).astype(np.uint8), 50, 150)
    far = cv2.distanceTransform(rims, cv2.DIST_L2, 5).clip(0, 20)
    even = cv2.equalizeHist(cv2.blur(far, (3, 3)).astype(np.uint8))
    relief = cv2.filter2D(even, cv2.CV_8U, np.array(((-2, -1, 0), (-1, 1, 1), (0, 1, 2)), np.float64))
    return cv2.blur(relief, (3, 3)).astype(np.float64)
