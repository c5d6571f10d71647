"""Pictures for the command line: an amplified perturbation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def amplified(clean: ArrayLike, saved: ArrayLike, epsilon: float) -> np.ndarray:
    """The change between two pictures (3, s, s) as a picture: grey where nothing changed, full range at `epsilon`."""
    change = np.asarray(saved) - np.asarray(clean)
    return (0.5 + change / (2 * max(epsilon, 1 / 255))).clip(0, 1)
