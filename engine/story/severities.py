"""The picture under one kind of ordinary damage in all its severities, with the answers to each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..attacks.corruption import damaged
from ..classes import Classes
from ..models import Backbone
from ..models.predict import predict_each
from ..numerics.corruptions import SEVERITIES
from ..results import Prediction


@dataclass(frozen=True, eq=False, slots=True)
class Severities:
    """`pixels` (1 + 5, 3, s, s), values n/255, and the `answers` to them: the picture as it is, then behind damage of
    this `kind` of severity 1 to 5."""

    kind: str
    pixels: Tensor
    answers: tuple[Prediction, ...]


def severities(backbone: Backbone, picture: Tensor, classes: Classes, kind: str, seed: int) -> Severities:
    """All severities of damage to a picture (3, s, s), the same that the attack `corruption` does under this seed."""
    drawn = int(np.random.default_rng(seed).integers(2**31))
    worse = [damaged(picture, kind, severity, drawn) for severity in range(1, SEVERITIES + 1)]
    pixels = (torch.stack([picture.cpu(), *worse]) * 255).round().clamp(0, 255) / 255
    return Severities(kind, pixels, predict_each(backbone, pixels, classes))


def severities_data(found: Severities) -> dict:
    """The same as plain data: the answers by severity, 0 being the picture as it is."""
    rows = {str(place): {"name": one.name, "confidence": one.confidence} for place, one in enumerate(found.answers)}
    return {"corruption": found.kind, "severities": rows}
