"""A ViT for pictures of another size: as fast as one trained for it, and its answers mean little."""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import nn

from ..models import Backbone


def resized(backbone: Backbone, side: int) -> Backbone:
    """A copy of a backbone of kind "vit" for pictures of `side` by `side` patches, its positions interpolated."""
    model = copy.deepcopy(backbone.model)
    visual, patch = model.visual, backbone.image_size // backbone.grid[0]
    places = visual.positional_embedding.data  # (1 + gh*gw, width)
    grid = places[1:].float().t().unflatten(1, backbone.grid)[None]
    spread = F.interpolate(grid, (side, side), mode="bicubic", align_corners=False)[0].flatten(1).t()
    visual.positional_embedding = nn.Parameter(torch.cat([places[:1], spread.to(places)]))
    visual.grid_size, visual.image_size = (side, side), (side * patch, side * patch)
    return backbone.with_model(model, f"{backbone.name} at {side * patch} pixels")
