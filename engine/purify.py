"""Defences that change the picture instead of the prompt: TTC, MAC and ET3, alone or before a method on views.

None of them is told whether the picture was attacked; all start from a seed and leave the model as it is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from .backbone import Backbone
from .jitter import jitter
from .types import Classes

TTC_RADIUS, TTC_STEP, TTC_STEPS, TTC_SHARPNESS, TTC_THRESHOLD = 4 / 255, 1 / 255, 2, 2.0, 0.2
MAC_RADIUS, MAC_STEPS, MAC_VIEWS, MAC_THRESHOLD, MAC_WIDTH = 8 / 255, 4, 2, 0.7, 0.01
ET3_RADIUS, ET3_STEP, ET3_STEPS = 5 / 255, 2.5, 2


def counterattack(backbone: Backbone, pixels: Tensor, classes: Classes, seed: int) -> Tensor:
    """TTC (Xing et al., CVPR 2025): if noise hardly moves the picture's feature, which is what attacked pictures do,
    push the feature as far away as 4/255 allows; else only the noise is added. (3, s, s) -> (1, 3, s, s).

    Cost: 6 image forward, the answer included, 2 backward.
    """
    picture = pixels[None]
    start = _noise(picture, TTC_RADIUS, np.random.default_rng(seed))
    if float(_moved(backbone, picture, picture + start)) >= TTC_THRESHOLD:
        return picture + start
    trail = torch.stack(away(backbone, picture, start, TTC_STEPS, TTC_STEP, TTC_RADIUS))
    weights = (TTC_SHARPNESS * torch.arange(len(trail), dtype=trail.dtype)).softmax(0)
    return (picture + torch.tensordot(weights, trail, 1)).clamp(0, 1)


def adaptive_counterattack(backbone: Backbone, pixels: Tensor, classes: Classes, seed: int) -> Tensor:
    """MAC (CVPR 2026): the picture and a jittered copy, each pushed away from its feature by as much of the
    push as another jitter suggests. (3, s, s) -> (2, 3, s, s), whose logits are to be averaged.

    Cost: 16 image forward, the answers included, 8 backward.
    """
    rng = np.random.default_rng(seed)
    pictures = torch.cat([pixels[None], *(jitter(pixels[None], rng) for _ in range(MAC_VIEWS - 1))])
    jittered = torch.cat([jitter(picture[None], rng) for picture in pictures])
    share = ((_moved(backbone, pictures, jittered) - MAC_THRESHOLD) / MAC_WIDTH).sigmoid()
    start = _noise(pictures, MAC_RADIUS, rng)
    pushed = away(backbone, pictures, start, MAC_STEPS, MAC_RADIUS / 4, MAC_RADIUS)[-1]
    return (pictures + share[:, None, None, None] * pushed).clamp(0, 1)


def energy_descent(backbone: Backbone, pixels: Tensor, classes: Classes, seed: int) -> Tensor:
    """ET3 (CVPR 2026): steps of Euclidean length 2.5 down the energy -log sum exp(logits), within 5/255.
    (3, s, s) -> (1, 3, s, s).

    Cost: 3 image forward, the answer included, 2 backward. Meant for robust encoders; on plain CLIP it helps little
    at 4/255.
    """
    picture = pixels[None]
    text = backbone.encode_text(classes)
    moved = picture
    for _ in range(ET3_STEPS):
        moved = moved.detach().requires_grad_()
        with torch.enable_grad():
            energy = -backbone.logits(backbone.encode_image(moved), text).logsumexp(-1).sum()
            (gradient,) = torch.autograd.grad(energy, moved)
        step = ET3_STEP * gradient / gradient.norm().clamp_min(1e-12)
        moved = (picture + (moved.detach() - step - picture).clamp(-ET3_RADIUS, ET3_RADIUS)).clamp(0, 1)
    return moved


def away(
    backbone: Backbone, pixels: Tensor, start: Tensor, steps: int, step: float, radius: float
) -> list[Tensor]:
    """Changes of pixels (b, 3, s, s) after 0, 1, ... `steps` sign steps that drive the features from where they were.

    Every change stays within `radius` and keeps the picture in [0, 1]; pixels and lengths on the [0, 1] scale.
    """
    with torch.no_grad():
        anchor = backbone.embed_image(pixels)
    trail = [start]
    for _ in range(steps):
        change = trail[-1].detach().requires_grad_()
        with torch.enable_grad():
            distance = (backbone.embed_image(pixels + change) - anchor).square().sum()
            (gradient,) = torch.autograd.grad(distance, change)
        pushed = (change.detach() + step * gradient.sign()).clamp(-radius, radius)
        trail.append((pixels + pushed).clamp(0, 1) - pixels)
    return trail


def _noise(pixels: Tensor, radius: float, rng: np.random.Generator) -> Tensor:
    drawn = torch.from_numpy(rng.uniform(-radius, radius, pixels.shape)).to(pixels)
    return (pixels + drawn).clamp(0, 1) - pixels


@torch.no_grad()
def _moved(backbone: Backbone, before: Tensor, after: Tensor) -> Tensor:
    """How far features moved, relative to their length, (b,)."""
    first, second = (backbone.embed_image(pixels).float().cpu() for pixels in (before, after))
    return (second - first).norm(dim=-1) / first.norm(dim=-1).clamp_min(1e-10)


PURIFIERS: dict[str, Callable[[Backbone, Tensor, Classes, int], Tensor]] = {
    "ttc": counterattack,
    "mac": adaptive_counterattack,
    "et3": energy_descent,
}
