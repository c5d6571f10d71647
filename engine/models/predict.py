"""What the untouched model says about one picture; knows nothing of attacks or defences."""

from __future__ import annotations

import torch
from torch import Tensor

from ..classes import Classes
from ..errors import require
from ..results import Prediction
from .model import Backbone


def check_pixels(backbone: Backbone, pixels: Tensor) -> None:
    """Raise `EngineError` unless `pixels` is a float picture (3, s, s) of the model's size with values in [0, 1]."""
    size = backbone.image_size
    require(
        tuple(pixels.shape) == (3, size, size),
        f"Expected pixels of shape (3, {size}, {size}) for {backbone.name}; got {tuple(pixels.shape)}.",
    )
    require(pixels.is_floating_point(), f"Expected float pixels in [0, 1]; got {pixels.dtype}.")
    low, high = float(pixels.min()), float(pixels.max())
    require(low >= 0 and high <= 1, f"Expected pixels in [0, 1]; got values from {low:g} to {high:g}.")


@torch.no_grad()
def predict(backbone: Backbone, pixels: Tensor, classes: Classes) -> Prediction:
    """The model's answer for pixels (3, s, s) in [0, 1], on the CPU; several templates are averaged.

    Raises `EngineError` for pixels of another shape or range and for class names the model cannot read.
    """
    check_pixels(backbone, pixels)
    logits = backbone.logits(backbone.encode_image(pixels[None]), backbone.encode_text(classes))[0]
    return Prediction(classes, logits.float().cpu(), scale=backbone.scale)


@torch.no_grad()
def predict_each(backbone: Backbone, pixels: Tensor, classes: Classes) -> tuple[Prediction, ...]:
    """The model's answers for pixels (n, 3, s, s) in [0, 1], on the CPU, in one pass."""
    logits = backbone.logits(backbone.encode_image(pixels), backbone.encode_text(classes)).float().cpu()
    return tuple(Prediction(classes, one.clone(), scale=backbone.scale) for one in logits)
