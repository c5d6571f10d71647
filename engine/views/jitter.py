"""The small random changes that SS-TPT and MAC compare a picture with; knows no model."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as TF

DEGREES, SHIFT, ZOOM = 5.0, 0.04, (0.92, 1.08)
COLOUR, HUE = 0.08, 0.02
BLUR_KERNEL, BLUR_SIGMA = 5, (0.5, 1.2)
NOISE = 0.02


def jitter(pixels: Tensor, rng: np.random.Generator) -> Tensor:
    """All pictures (b, 3, s, s) in [0, 1] changed in the same slight way (SS-TPT's weak augmentation).

    Always turned by up to 5 degrees, moved by up to 4 % and scaled by up to 8 % over black; each with probability one
    half also: other brightness, contrast, saturation and hue, a blur, and Gaussian noise.
    """
    size = pixels.shape[-1]
    angle, zoom = rng.uniform(-DEGREES, DEGREES), rng.uniform(*ZOOM)
    move = [round(float(v) * size) for v in rng.uniform(-SHIFT, SHIFT, 2)]
    changed = TF.affine(pixels, angle, move, zoom, [0.0, 0.0], InterpolationMode.BILINEAR)
    if rng.random() < 0.5:
        light, contrast, colour = rng.uniform(1 - COLOUR, 1 + COLOUR, 3)
        changed = TF.adjust_contrast(TF.adjust_brightness(changed, light), contrast)
        changed = TF.adjust_hue(TF.adjust_saturation(changed, colour), rng.uniform(-HUE, HUE))
    if rng.random() < 0.5:
        sigma = rng.uniform(*BLUR_SIGMA)
        changed = TF.gaussian_blur(changed, [BLUR_KERNEL, BLUR_KERNEL], [sigma, sigma])
    if rng.random() < 0.5:
        noise = rng.standard_normal(pixels.shape[1:]) * rng.uniform(0, NOISE)
        changed = changed + torch.from_numpy(noise).to(changed)
    return changed.clamp(0, 1)
