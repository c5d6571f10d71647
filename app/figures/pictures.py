"""Pixels as pictures: exact ones in 8 bits, amplified changes, thumbnails."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from torch import Tensor

from app.figures.maps import data_uri
from engine import Adversarial

GAIN_LIMIT = 40
LARGE = 0.99
THUMBNAIL = 84
HATCH = 84  # grey level of the diagonals


def to_uint8(pixels: Tensor) -> np.ndarray:
    """Pixels (..., 3, s, s) in [0, 1] as (..., s, s, 3) uint8, rounded, never cut."""
    return (pixels.detach().cpu() * 255).round().clamp(0, 255).byte().movedim(-3, -1).numpy()


def png(pixels: np.ndarray) -> bytes:
    """An exact file of (h, w, 3) uint8."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def gain_for(result: Adversarial) -> float:
    """How many times the change is to be amplified to fill the scale around grey.

    Where channels have a limit, up to that, so that changes within the same limit compare; else up to what only one
    change in a hundred exceeds.
    """
    if not result.made_here:
        most = result.linf()
    elif result.norm == "linf":
        most = result.epsilon
    else:
        most = float(result.change.abs().flatten().quantile(LARGE)) or result.linf()
    return min(GAIN_LIMIT, max(1.0, float(int(0.5 / most)))) if most > 0 else 1.0


def amplified(change: Tensor, gain: float) -> np.ndarray:
    """A change (3, s, s) times `gain` around middle grey."""
    return to_uint8((0.5 + gain * change).clamp(0, 1))


def hatched(picture: np.ndarray, inside: Tensor | None) -> np.ndarray:
    """A drawn change (s, s, 3) with darker diagonals wherever none was allowed; `inside` (s, s) is where it was."""
    if inside is None:
        return picture
    side = len(picture)
    apart = max(6, side // 24)
    lines = np.add.outer(np.arange(side), np.arange(side)) % apart < max(1, apart // 6)
    drawn = picture.copy()
    drawn[lines & ~inside.numpy(force=True)] = HATCH
    return drawn


def change_of(result: Adversarial, gain: float) -> np.ndarray:
    """What an attack changed, amplified and with diagonals wherever nothing was allowed; the clean picture is known."""
    return hatched(amplified(result.change, gain), result.inside)


def thumbnail(pixels: np.ndarray) -> str:
    """A small lossy copy of (h, w, 3) uint8 for overviews; never used for anything but looking."""
    small = Image.fromarray(pixels)
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return data_uri(np.asarray(small), "JPEG", quality=82)
