"""What happens to pictures on their way: compression, other sizes, crops, blur, screenshots, print; in 8 bits.

Each takes and gives (s, s, 3) uint8: a picture of the size that a model sees, which is brought back to that size.
Whether an attacked picture survives that is asked by Kurakin et al. (ICLR 2017 workshop, “destruction rate”).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from PIL import Image, ImageFilter

Work = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Transformation:
    """`family` says in words what is done, and `strength` how much of it: the quality of a file, the share of each
    side that is left, pixels of a blur; empty where there is but one. `work` does it; `window` is the share of each
    side, in the middle, that is stretched to the whole."""

    family: str
    strength: str
    work: Work
    window: float = 1.0

    @property
    def title(self) -> str:
        """What is done, and how much."""
        return f"{self.family} {self.strength}".strip()


def _coded(kind: str, quality: int, pixels: np.ndarray) -> np.ndarray:
    """Through a lossy file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, quality=quality)
    return np.asarray(Image.open(buffer).convert("RGB"))


def _resized(times: float, pixels: np.ndarray, way: Image.Resampling = Image.Resampling.BICUBIC) -> np.ndarray:
    """To another size and back, as a model's own preprocessing does it."""
    side = len(pixels)
    other = max(1, round(side * times))
    there = Image.fromarray(pixels).resize((other, other), way)
    return np.asarray(there.resize((side, side), Image.Resampling.BICUBIC))


def middle(side: int, share: float) -> tuple[int, int]:
    """Where the middle of so large a share of a side begins, and how long it is, in pixels."""
    kept = max(1, round(side * share))
    return (side - kept) // 2, kept


def _cropped(share: float, pixels: np.ndarray) -> np.ndarray:
    """The middle, with so large a share of each side, as large as the whole was."""
    side = len(pixels)
    first, kept = middle(side, share)
    inner = pixels[first : first + kept, first : first + kept]
    return np.asarray(Image.fromarray(inner).resize((side, side), Image.Resampling.BICUBIC))


def _blurred(sigma: float, pixels: np.ndarray) -> np.ndarray:
    """By a Gaussian of so many pixels."""
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(sigma)))


def _grey(pixels: np.ndarray) -> np.ndarray:
    """Its luma (ITU-R BT.601) in all three channels."""
    return np.asarray(Image.fromarray(pixels).convert("L").convert("RGB"))


def _printed(pixels: np.ndarray) -> np.ndarray:
    """As print and scan leave it, roughly: softer, paler, and with grain that is the same every time."""
    soft = _blurred(0.8, pixels).astype(np.float32)
    pale = 127.5 + 0.85 * (soft - 127.5)
    grain = np.random.default_rng(0).normal(0, 8, pixels.shape)
    return np.rint(pale + grain).clip(0, 255).astype(np.uint8)


def _all() -> Iterator[tuple[str, Transformation]]:
    for quality in (95, 90, 75, 50, 30):
        yield f"jpeg-{quality}", Transformation("JPEG", f"{quality}", partial(_coded, "JPEG", quality))
    for quality in (90, 75, 50, 30):
        yield f"webp-{quality}", Transformation("WebP", f"{quality}", partial(_coded, "WEBP", quality))
    for share in (0.75, 0.5, 0.25):
        yield f"resize-{share:g}", Transformation("Smaller", f"{share:g}", partial(_resized, share))
    for share in (0.95, 0.9, 0.8, 0.7):
        yield f"crop-{share:g}", Transformation("Cropped", f"{share:g}", partial(_cropped, share), share)
    for sigma in (0.5, 1.0, 2.0):
        yield f"blur-{sigma:g}", Transformation("Blurred", f"{sigma:g} px", partial(_blurred, sigma))
    linear = partial(_resized, 1.25, way=Image.Resampling.BILINEAR)
    yield "screenshot", Transformation("Screenshot", "1.25×", linear)
    yield "grey", Transformation("Grey", "", _grey)
    yield "print", Transformation("Print and scan", "", _printed)


TRANSFORMATIONS = dict(_all())  # by name, each family from little to much
