"""Noise: of the sensor, of few photons, of broken values. Pictures are (s, s, 3) in [0, 1]; results are not yet cut."""

from __future__ import annotations

import numpy as np

Pixels = np.ndarray
Rng = np.random.Generator


def gaussian_noise(x: Pixels, rng: Rng, sigma: float) -> Pixels:
    """Every value moved by a normal draw."""
    return x + rng.normal(0, sigma, x.shape)


def shot_noise(x: Pixels, rng: Rng, photons: float) -> Pixels:
    """Every value counted in photons, of which a full one has so many."""
    return rng.poisson(x * photons) / photons


def impulse_noise(x: Pixels, rng: Rng, share: float) -> Pixels:
    """A share of the values, each channel for itself, set to 0 or 1."""
    hit, high = rng.random(x.shape) < share, rng.random(x.shape) < 0.5
    return np.where(hit, high.astype(x.dtype), x)


def speckle_noise(x: Pixels, rng: Rng, sigma: float) -> Pixels:
    """Every value moved by a normal draw in proportion to itself."""
    return x + x * rng.normal(0, sigma, x.shape)
