"""Pictures for the command line: an amplified perturbation, a map over its picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

LUMA = np.array([0.299, 0.587, 0.114])


def amplified(clean: ArrayLike, saved: ArrayLike, epsilon: float) -> np.ndarray:
    """The change between two pictures (3, s, s) as a picture: grey where nothing changed, full range at `epsilon`."""
    change = np.asarray(saved) - np.asarray(clean)
    return (0.5 + change / (2 * max(epsilon, 1 / 255))).clip(0, 1)


def heat(
    grid: ArrayLike, pixels: ArrayLike, limits: tuple[float, float], colours: str = "viridis", opacity: float = 0.6
) -> np.ndarray:
    """A map (gh, gw), patch by patch, over the greyscale of pixels (3, s, s); a picture (3, s, s).

    `limits` are the values drawn at the two ends of matplotlib's `colours`, so that several maps can share one scale.
    """
    import matplotlib

    low, high = limits
    values, background = np.asarray(grid), np.asarray(pixels)
    scaled = ((values - low) / max(high - low, 1e-12)).clip(0, 1)
    size = background.shape[-1]
    rows, columns = (np.arange(size) * count // size for count in values.shape)
    painted = matplotlib.colormaps[colours](scaled[rows][:, columns])[..., :3].transpose(2, 0, 1)
    grey = np.tensordot(LUMA, background, 1)[None]
    return opacity * painted + (1 - opacity) * grey
