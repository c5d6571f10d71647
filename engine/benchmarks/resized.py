"""A ViT for pictures of another size: as fast as one trained for it, and its answers mean little."""

from __future__ import annotations

import copy

from ..models import Backbone
from ..models.picture_size import resize_pictures


def resized(backbone: Backbone, side: int) -> Backbone:
    """A copy of a backbone of kind "vit" for pictures of `side` by `side` patches."""
    model = copy.deepcopy(backbone.model)
    size = side * (backbone.image_size // backbone.grid[0])
    resize_pictures(model, size, backbone.name)
    return backbone.with_model(model, f"{backbone.name} at {size} pixels")
