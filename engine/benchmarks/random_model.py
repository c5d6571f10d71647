"""Models of published shapes with random weights: as fast as the real ones, and their answers mean nothing."""

from __future__ import annotations

from typing import cast

import torch

from ..models import Backbone, choose_device
from ..models.build import Parts, build
from ..models.device import choose_format, place
from ..models.preprocessing import Preprocessing
from ..models.published import of_file
from ..models.towers import TextTower
from ..settings import ModelSettings

TINYCLIP, TINYCLIP_TEXT_BLOCKS = "TinyCLIP-39M-16", 6


def random_backbone(shape: str, device: str | None = None, precision: str = "fp32") -> Backbone:
    """A model of one of open_clip's shapes, such as ViT-B-32, the same weights every time.

    `TinyCLIP-39M-16` is open_clip's ViT-M-16 with half as many blocks in its text tower.
    """
    base, settings = "ViT-M-16" if shape == TINYCLIP else shape, ModelSettings()
    target = choose_device(device)
    dtype = choose_format(precision, target)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model, tokenizer = build(Parts(base, None, of_file(base, None, settings), base))
    if shape == TINYCLIP:
        del cast(TextTower, model).transformer.resblocks[TINYCLIP_TEXT_BLOCKS:]
    place(model, target, dtype)
    name = f"{shape} with random weights"
    return Backbone(model, tokenizer, name, Preprocessing.configured(model.visual.preprocess_cfg))
