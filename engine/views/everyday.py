"""One picture after each of 31 everyday changes, as DBD looks at it; knows no model.

Sixteen crops, fewer colour levels, JPEG, noise and blurs, always in this order. Pictures are uint8 (h, w, 3) RGB
arrays. Unlike the authors' code, all changes are made at the size that the model sees, so that clean and attacked
pictures are treated alike, and the brightest pixels do not turn black where levels are rounded up.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from io import BytesIO

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from .crops import Box, crop

SMALLEST_CROP = 0.5
LEVEL = 32  # of 256: three bits
NOISE = 0.1  # standard deviation, pixels in [0, 1]
KERNEL, SIGMA = 5, 1.1  # pixels; OpenCV's sigma for a kernel of five
CROPS = 16

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]
Smooth = Callable[[Tensor], Tensor]  # (3, s, s) -> (3, s, s), with a gradient


def change(picture: np.ndarray, view: int, rng: np.random.Generator) -> tuple[np.ndarray, Box]:
    """The picture after the change that comes at `view` (from 1; behind the last they begin anew), and what is seen of
    it, as in `crop`."""
    place = _place(view)
    if place < CROPS:
        return crop(picture, rng, (SMALLEST_CROP, 1.0))
    return OTHERS[place - CROPS][1](picture, rng), (0, 0, *picture.shape[:2], 0)


def smooth(view: int) -> Smooth:
    """What an attack may follow in place of the change at `view`: a blur itself; all others, crops apart, leave the
    picture as it is (BPDA, Athalye et al., ICML 2018)."""
    return SMOOTH.get(change_name(view), lambda picture: picture)


def change_name(view: int) -> str:
    """What is done to the picture at `view`, in words."""
    return NAMES[_place(view)]


def _place(view: int) -> int:
    return (view - 1) % len(NAMES)


def _levels(picture: np.ndarray, rng: np.random.Generator, rounding: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    return (rounding(picture / LEVEL) * LEVEL).clip(0, 255).astype(np.uint8)


def _jpeg(picture: np.ndarray, rng: np.random.Generator, quality: int) -> np.ndarray:
    file = BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file).convert("RGB"))


def _noise(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return (picture + 255 * NOISE * rng.standard_normal(picture.shape)).clip(0, 255).astype(np.uint8)


def _blurred(picture: np.ndarray, rng: np.random.Generator, blur: Smooth) -> np.ndarray:
    found = blur(torch.from_numpy(picture).permute(2, 0, 1).float())
    return found.round().clamp(0, 255).byte().permute(1, 2, 0).contiguous().numpy()


def _mean(picture: Tensor) -> Tensor:
    return _filtered(picture, torch.full((KERNEL,), 1 / KERNEL))


def _gaussian(picture: Tensor) -> Tensor:
    weights = (-(torch.arange(KERNEL) - KERNEL // 2).square() / (2 * SIGMA**2)).exp()
    return _filtered(picture, weights / weights.sum())


def _filtered(picture: Tensor, weights: Tensor) -> Tensor:
    kernel = torch.outer(weights, weights).to(picture)[None, None]
    return F.conv2d(_edged(picture, "reflect"), kernel)[:, 0]


def _median(picture: Tensor) -> Tensor:
    windows = _edged(picture, "replicate").unfold(-2, KERNEL, 1).unfold(-2, KERNEL, 1)[:, 0]
    return windows.flatten(-2).median(-1).values


def _edged(picture: Tensor, mode: str) -> Tensor:
    return F.pad(picture[:, None], (KERNEL // 2,) * 4, mode)


SMOOTH: dict[str, Smooth] = {"median blur": _median, "mean blur": _mean, "Gaussian blur": _gaussian}
OTHERS: tuple[tuple[str, Change], ...] = (
    ("8 colour levels, rounded down", partial(_levels, rounding=np.floor)),
    ("8 colour levels", partial(_levels, rounding=np.round)),
    ("8 colour levels, rounded up", partial(_levels, rounding=np.ceil)),
    *((f"JPEG, quality {quality}", partial(_jpeg, quality=quality)) for quality in (50, 60, 75)),
    *(("noise", _noise) for _ in range(6)),
    *((name, partial(_blurred, blur=blur)) for name, blur in SMOOTH.items()),
)
NAMES = ("crop",) * CROPS + tuple(name for name, _ in OTHERS)  # of the changes, in order
