"""Random crops of one picture, as TPT and its followers make them; knows no model.

Pictures are uint8 (h, w, 3) RGB arrays; every function draws from the generator it is given and from nothing else.
"""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

TRIES = 10
RATIOS = (3 / 4, 4 / 3)
Box = tuple[int, int, int, int, int]  # top, left, height, width in pixels of the picture, 1 where mirrored


def crop(picture: np.ndarray, rng: np.random.Generator, scale: tuple[float, float]) -> tuple[np.ndarray, Box]:
    """A random part of the picture, resized bilinearly to the size of the whole and mirrored half of the time.

    `scale` is the range of its share of the area; its width over height lies in 3/4 ... 4/3 (TPT's defaults).
    """
    height, width = picture.shape[:2]
    top, left, rows, columns = place(height, width, rng, scale)
    part = Image.fromarray(picture[top : top + rows, left : left + columns])
    base = np.asarray(part.resize((width, height), Image.Resampling.BILINEAR))
    mirrored = int(rng.random() < 0.5)
    if mirrored:
        base = base[:, ::-1]
    return np.ascontiguousarray(base), (top, left, rows, columns, mirrored)


def place(height: int, width: int, rng: np.random.Generator, scale: tuple[float, float]) -> tuple[int, int, int, int]:
    """Where a random crop of a picture lies: top, left, rows and columns; a centre crop where ten draws do not fit."""
    low, high = (math.log(ratio) for ratio in RATIOS)
    for _ in range(TRIES):
        area = height * width * rng.uniform(*scale)
        ratio = math.exp(rng.uniform(low, high))
        columns, rows = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < columns <= width and 0 < rows <= height:
            return int(rng.integers(height - rows + 1)), int(rng.integers(width - columns + 1)), rows, columns
    side_ratio = min(max(width / height, RATIOS[0]), RATIOS[1])
    columns, rows = min(width, round(height * side_ratio)), min(height, round(width / side_ratio))
    return (height - rows) // 2, (width - columns) // 2, rows, columns
