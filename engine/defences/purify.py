"""Defences that change the picture instead of the prompt: TTC, MAC and ET3, alone or before a defence on views.

None of them is told whether the picture was attacked; all start from a seed and leave the model as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..classes import Classes
from ..models import Backbone
from ..models.memory import enough_memory
from ..views.jitter import jitter

TTC_RADIUS, TTC_STEP, TTC_STEPS, TTC_SHARPNESS, TTC_THRESHOLD = 4 / 255, 1 / 255, 2, 2.0, 0.2
MAC_RADIUS, MAC_STEPS, MAC_VIEWS, MAC_THRESHOLD, MAC_WIDTH = 8 / 255, 4, 2, 0.7, 0.01
ET3_RADIUS, ET3_STEP, ET3_STEPS = 5 / 255, 2.5, 2


@enough_memory("TTC")
def counterattack(backbone: Backbone, pixels: Tensor, classes: Classes, seed: int) -> Tensor:
    """TTC (Xing et al., CVPR 2025): if noise hardly moves the picture's feature, which is what attacked pictures do,
    push the feature as far away as 4/255 allows; else only the noise is added. (3, s, s) -> (1, 3, s, s).

    Cost: 5 image forward, the answer included, 2 backward; 3 and none where only noise is added.
    """
    picture = pixels[None]
    start = _noise(picture, TTC_RADIUS, np.random.default_rng(seed))
    anchor = _seen(backbone, picture)
    if float(_moved(anchor, _seen(backbone, picture + start))) >= TTC_THRESHOLD:
        return picture + start
    trail = torch.stack(away(backbone, picture, anchor, start, Push(TTC_STEPS, TTC_STEP, TTC_RADIUS)))
    weights = (TTC_SHARPNESS * torch.arange(len(trail), dtype=trail.dtype)).softmax(0)
    return (picture + torch.tensordot(weights, trail, 1)).clamp(0, 1)


@enough_memory("MAC")
def adaptive_counterattack(backbone: Backbone, pixels: Tensor, classes: Classes, seed: int) -> Tensor:
    """MAC (CVPR 2026): the picture and a jittered copy, each pushed away from its feature by as much of the
    push as another jitter suggests. (3, s, s) -> (2, 3, s, s), whose logits are to be averaged.

    Cost: 14 image forward, the answers included, 8 backward.
    """
    rng = np.random.default_rng(seed)
    pictures = torch.cat([pixels[None], *(jitter(pixels[None], rng) for _ in range(MAC_VIEWS - 1))])
    jittered = torch.cat([jitter(picture[None], rng) for picture in pictures])
    anchor = _seen(backbone, pictures)
    share = ((_moved(anchor, _seen(backbone, jittered)) - MAC_THRESHOLD) / MAC_WIDTH).sigmoid().to(pictures)
    start = _noise(pictures, MAC_RADIUS, rng)
    pushed = away(backbone, pictures, anchor, start, Push(MAC_STEPS, MAC_RADIUS / 4, MAC_RADIUS))[-1]
    return (pictures + share[:, None, None, None] * pushed).clamp(0, 1)


@enough_memory("ET3")
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


@dataclass(frozen=True, slots=True)
class Push:
    """How many sign steps of which length, within which radius; lengths on the [0, 1] scale of pixels."""

    steps: int
    step: float
    radius: float


def away(backbone: Backbone, pixels: Tensor, anchor: Tensor, start: Tensor, push: Push) -> list[Tensor]:
    """Changes of pixels (b, 3, s, s) after 0, 1, ... sign steps that drive their features from `anchor` (b, d).

    Every change, `start` being the first, stays within the radius and keeps the picture in [0, 1].
    """
    trail = [start]
    for _ in range(push.steps):
        change = trail[-1].detach().requires_grad_()
        with torch.enable_grad():
            distance = (backbone.embed_image(pixels + change) - anchor).square().sum()
            (gradient,) = torch.autograd.grad(distance, change)
        pushed = (change.detach() + push.step * gradient.sign()).clamp(-push.radius, push.radius)
        trail.append((pixels + pushed).clamp(0, 1) - pixels)
    return trail


def _noise(pixels: Tensor, radius: float, rng: np.random.Generator) -> Tensor:
    drawn = torch.from_numpy(rng.uniform(-radius, radius, pixels.shape)).to(pixels)
    return (pixels + drawn).clamp(0, 1) - pixels


@torch.no_grad()
def _seen(backbone: Backbone, pixels: Tensor) -> Tensor:
    return backbone.embed_image(pixels)


def _moved(before: Tensor, after: Tensor) -> Tensor:
    """How far features (b, d) moved, relative to their length, (b,)."""
    before, after = before.float(), after.float()
    return (after - before).norm(dim=-1) / before.norm(dim=-1).clamp_min(1e-10)


PURIFIERS: dict[str, Callable[[Backbone, Tensor, Classes, int], Tensor]] = {
    "ttc": counterattack,
    "mac": adaptive_counterattack,
    "et3": energy_descent,
}
