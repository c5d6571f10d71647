"""AugMix mixtures of one picture (Hendrycks et al., ICLR 2020), as TPT and its followers make them; knows no model.

Pictures are uint8 (h, w, 3) RGB arrays; every function draws from the generator it is given and from nothing else.
What is turned, sheared or shifted is black where nothing of the picture comes to lie, as in the published code.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageOps

CHAINS = 3
LONGEST_CHAIN = 3


def draw_beta(rng: np.random.Generator) -> float:
    """How much of the base an AugMix view keeps: Beta(1, 1), in [0, 1]."""
    return float(rng.beta(1, 1))


def mix(base: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """AugMix before its last blend: a Dirichlet(1, 1, 1) mean of three chains of 1 to 3 steps, float32 in [0, 1]."""
    total = np.zeros(base.shape, np.float32)
    for weight in rng.dirichlet(np.ones(CHAINS)):
        picture = Image.fromarray(base)
        for _ in range(rng.integers(1, LONGEST_CHAIN + 1)):
            operation = OPERATIONS[rng.integers(len(OPERATIONS))]
            picture = operation(picture, rng)
        total += np.float32(weight) * np.asarray(picture, np.float32)
    return np.clip(total / 255, 0, 1)


Operation = Callable[[Image.Image, np.random.Generator], Image.Image]


def _level(rng: np.random.Generator) -> float:
    """Strength of one operation at AugMix severity 1, on a scale that ends at 10."""
    return float(rng.uniform(0.1, 1))


def _signed(rng: np.random.Generator, value: float) -> float:
    return value if rng.random() < 0.5 else -value


def _affine(picture: Image.Image, *matrix: float) -> Image.Image:
    return picture.transform(picture.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def _autocontrast(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return ImageOps.autocontrast(picture)


def _equalize(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return ImageOps.equalize(picture)


def _posterize(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return ImageOps.posterize(picture, 4)  # severity 1 always leaves 4 bits


def _rotate(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    degrees = _signed(rng, int(3 * _level(rng)))
    return picture.rotate(degrees, Image.Resampling.BILINEAR)


def _solarize(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return ImageOps.solarize(picture, 256 - int(25.6 * _level(rng)))


def _shear_x(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return _affine(picture, 1, _signed(rng, 0.03 * _level(rng)), 0, 0, 1, 0)


def _shear_y(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return _affine(picture, 1, 0, 0, _signed(rng, 0.03 * _level(rng)), 1, 0)


def _shift(side: int, rng: np.random.Generator) -> float:
    return _signed(rng, int(side / 30 * _level(rng)))  # up to 7 of 224 pixels, as in AugMix


def _translate_x(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return _affine(picture, 1, 0, _shift(picture.width, rng), 0, 1, 0)


def _translate_y(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return _affine(picture, 1, 0, 0, 0, 1, _shift(picture.height, rng))


OPERATIONS: tuple[Operation, ...] = (
    _autocontrast,
    _equalize,
    _posterize,
    _rotate,
    _solarize,
    _shear_x,
    _shear_y,
    _translate_x,
    _translate_y,
)
