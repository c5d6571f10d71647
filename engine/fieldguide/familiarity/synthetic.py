"""Pictures that a formula makes: noise, blocks, waves, plain colours, gradients. All are (224, 224) RGB."""

from __future__ import annotations

import numpy as np
from PIL import Image

_SIDE = 224


def plain(rng: np.random.Generator) -> Image.Image:
    """One colour."""
    return _picture(np.broadcast_to(rng.uniform(0, 255, 3), (_SIDE, _SIDE, 3)))


def gradient(rng: np.random.Generator) -> Image.Image:
    """From one colour to another: across, down or around."""
    along = np.linspace(0, 1, _SIDE)
    around = 1.4 * np.hypot(along[:, None] - 0.5, along - 0.5)
    share = (np.tile(along, (_SIDE, 1)), np.tile(along[:, None], _SIDE), around)[rng.integers(3)]
    return _between(share, rng)


def waves(rng: np.random.Generator) -> Image.Image:
    """Stripes between two colours, soft or sharp."""
    along, (across, down) = np.linspace(0, 2 * np.pi, _SIDE), rng.uniform(2, 40, 2)
    height = np.sin(across * along + down * along[:, None] * rng.choice((-1, 1)))
    return _between((height > 0) * 1.0 if rng.random() < 0.5 else 0.5 + 0.5 * height, rng)


def blocks(rng: np.random.Generator) -> Image.Image:
    """Squares of random colours."""
    side = int(rng.choice((4, 8, 16, 32)))
    return _picture(np.kron(rng.uniform(0, 255, (_SIDE // side, _SIDE // side, 3)), np.ones((side, side, 1))))


def uniform_noise(rng: np.random.Generator) -> Image.Image:
    """Every channel of every pixel for itself."""
    return _picture(rng.uniform(0, 255, (_SIDE, _SIDE, 3)))


def gaussian_noise(rng: np.random.Generator) -> Image.Image:
    """Around one colour."""
    return _picture(rng.uniform(60, 200, 3) + rng.uniform(10, 60) * rng.normal(size=(_SIDE, _SIDE, 3)))


def salt_and_pepper(rng: np.random.Generator) -> Image.Image:
    """One colour with black and white pixels on a third of it."""
    hit, values = rng.random((_SIDE, _SIDE, 1)) < 0.3, rng.integers(0, 2, (_SIDE, _SIDE, 1)) * 255
    return _picture(np.where(hit, values, rng.uniform(0, 255, 3)))


def coloured_noise(rng: np.random.Generator, exponent: float) -> Image.Image:
    """Noise whose amplitude falls with frequency to the power of `exponent`: 1 is pink, 2 is brown."""
    place = np.fft.fftfreq(_SIDE)
    frequency = np.hypot(place[:, None], place)
    frequency[0, 0] = 1
    spectra = np.fft.fft2(rng.normal(size=(3, _SIDE, _SIDE))) / frequency**exponent
    values = np.moveaxis(np.fft.ifft2(spectra).real, 0, -1)
    spread = (values - values.mean((0, 1))) / values.std((0, 1))
    return _picture(rng.uniform(80, 180, 3) + 50 * spread)


def _between(share: np.ndarray, rng: np.random.Generator) -> Image.Image:
    first, second = rng.uniform(0, 255, (2, 3))
    return _picture(first + (second - first) * share[..., None])


def _picture(values: np.ndarray) -> Image.Image:
    return Image.fromarray(np.rint(values.clip(0, 255)).astype(np.uint8))
