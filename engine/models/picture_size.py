"""A model made to look at pictures of another size than it was trained on: its patches are as large, and more or fewer.

Its position embeddings are interpolated (bicubic, with antialiasing), as open_clip does for weights of another grid.
"""

from __future__ import annotations

from open_clip.model import resize_pos_embed
from torch import nn

from ..errors import require
from .towers import Clip

POSITIONS = "visual.positional_embedding"


def resize_pictures(model: Clip, size: int, name: str) -> None:
    """Let the image tower of `model` take pictures of `size` by `size` pixels.

    Raises `EngineError` for a tower other than open_clip's own ViT, such as a ResNet, and for a size that is not a
    multiple of its patches.
    """
    visual = model.visual
    square = hasattr(visual, "positional_embedding") and visual.grid_size[0] == visual.grid_size[1]
    require(
        square,
        f"Expected a ViT of open_clip's own, whose positions can be interpolated on a square grid of patches; {name}"
        " has another tower, which takes pictures of its own size only.",
    )
    patch = visual.patch_size[0]
    require(
        size % patch == 0,
        f"Expected the size of pictures to be a multiple of the {patch} pixels of a patch, such as"
        f" {max(1, round(size / patch)) * patch}, for {name}; got {size}.",
    )
    visual.image_size, visual.grid_size = (size, size), (size // patch, size // patch)
    state = {POSITIONS: visual.positional_embedding.data}
    resize_pos_embed(state, model)
    visual.positional_embedding = nn.Parameter(state[POSITIONS])
