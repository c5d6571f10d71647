"""Blur: out of focus, through glass, moving, zooming, Gaussian.

Lengths are pixels of a picture of 224 a side, `scale` times as many of another, so that a severity looks alike in both.
"""

from __future__ import annotations

import numpy as np

from .noise import Pixels, Rng


def gaussian_blur(x: Pixels, rng: Rng, scale: float, sigma: float) -> Pixels:
    """Blurred alike in all directions."""
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(x, (sigma * scale, sigma * scale, 0), mode="nearest")


def defocus_blur(x: Pixels, rng: Rng, scale: float, radius: float, soft: float) -> Pixels:
    """Every point spread over a disc, whose edge is blurred by `soft` pixels."""
    import cv2

    reach = max(8, int(np.ceil(radius * scale)))
    along = np.arange(-reach, reach + 1)
    disc = (along[:, None] ** 2 + along**2 <= (radius * scale) ** 2).astype(np.float64)
    width = 3 if radius <= 8 else 5
    kernel = cv2.GaussianBlur(disc / disc.sum(), (width, width), soft)
    return cv2.filter2D(x, -1, kernel, borderType=cv2.BORDER_REFLECT_101)


def glass_blur(x: Pixels, rng: Rng, scale: float, sigma: float, shift: int, turns: int) -> Pixels:
    """Blurred, then every pixel changed for one at most `shift` away, again and again, and blurred once more."""
    shaken, most = gaussian_blur(x, rng, scale, sigma), max(1, round(shift * scale))
    height, width = x.shape[:2]
    for _ in range(turns):
        moves = rng.integers(-most, most, (height, width, 2)).tolist()
        for row in range(height - most - 1, most - 1, -1):
            for column in range(width - most - 1, most - 1, -1):
                down, across = moves[row][column]
                one, other = (row, column), (row + down, column + across)
                shaken[one], shaken[other] = shaken[other].copy(), shaken[one].copy()
    return gaussian_blur(shaken, rng, scale, sigma)


def motion_blur(x: Pixels, rng: Rng, scale: float, radius: float, sigma: float, angles: tuple = (-45, 45)) -> Pixels:
    """Every point drawn out to one side, ever fainter, at an angle between these two, in degrees."""
    import cv2

    angle = np.deg2rad(rng.uniform(*angles))
    kernel = trail(max(1, round(2 * radius * scale)), sigma * scale, angle)
    return cv2.filter2D(x, -1, kernel, borderType=cv2.BORDER_REFLECT_101)


def trail(length: int, sigma: float, angle: float) -> np.ndarray:
    """The kernel of a point that moves `length` pixels, half of a Gaussian in weight; sums to 1."""
    kernel = np.zeros((2 * length + 3, 2 * length + 3))
    for step in range(length + 1):
        weight = np.exp(-(step**2) / (2 * sigma**2))
        row, column = length + 1 + step * np.sin(angle), length + 1 + step * np.cos(angle)
        top, left = int(np.floor(row)), int(np.floor(column))
        down, across = row - top, column - left
        kernel[top : top + 2, left : left + 2] += weight * np.outer((1 - down, down), (1 - across, across))
    return kernel / kernel.sum()


def zoom_blur(x: Pixels, rng: Rng, last: float, step: float) -> Pixels:
    """The mean of the picture and of ever larger ones of it, from 1 to `last` times as large."""
    zooms = 1 + step * np.arange(round((last - 1) / step) + 1)
    return (x + sum(zoomed(x, zoom) for zoom in zooms)) / (len(zooms) + 1)


def zoomed(x: Pixels, zoom: float) -> Pixels:
    """The middle of a picture, `zoom` times as large."""
    import cv2

    height, width = x.shape[:2]
    middle = ((width - 1) / 2, (height - 1) / 2)
    turned = cv2.getRotationMatrix2D(middle, 0, zoom)
    return cv2.warpAffine(x, turned, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
