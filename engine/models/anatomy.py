"""What kind of image tower a model has, and so how far one can look into it; runs nothing."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from .blocks import are_plain
from .towers import ImageTower, Trunk


@dataclass(frozen=True, eq=False, slots=True)
class Anatomy:
    """The parts of an image tower that can be watched.

    `kind` is "vit" where attention tells how the summary of the picture comes about, "patches" for other transformers
    (attentional pooling, towers of timm), "resnet" for CLIP's ResNet, "stages" for other convolutional towers
    (ConvNeXt), and "other". `watched` are the transformer blocks, or the last stage of a convolutional tower.
    `averaged`: the summary is the mean of the patches and not a class token; `summary_alone`: it is the class token,
    and of what the last block leaves nothing else is read.
    """

    kind: str
    grid: tuple[int, int]  # rows and columns of patches, or of the last stage
    watched: tuple[nn.Module, ...]
    averaged: bool = False
    summary_alone: bool = False


def anatomy(visual: ImageTower, image_size: int) -> Anatomy:
    """The anatomy of one of open_clip's image towers."""
    if hasattr(visual, "transformer") and hasattr(visual.transformer, "resblocks"):
        blocks = tuple(visual.transformer.resblocks)
        readable = visual.attn_pool is None and are_plain(blocks)
        rows, columns = visual.grid_size
        averaged, alone = visual.pool_type == "avg", readable and visual.pool_type == "tok"
        return Anatomy("vit" if readable else "patches", (rows, columns), blocks, averaged, alone)
    if hasattr(visual, "layer4"):
        return Anatomy("resnet", (image_size // 32, image_size // 32), (visual.layer4,))
    trunk: Trunk | None = getattr(visual, "trunk", None)
    if trunk is None:
        return Anatomy("other", (0, 0), ())
    if hasattr(trunk, "blocks") and hasattr(getattr(trunk, "patch_embed", None), "grid_size"):
        rows, columns = trunk.patch_embed.grid_size
        return Anatomy("patches", (rows, columns), tuple(trunk.blocks))
    if hasattr(trunk, "stages") and hasattr(trunk, "feature_info"):
        side = image_size // trunk.feature_info[-1]["reduction"]
        return Anatomy("stages", (side, side), (trunk.stages[-1],))
    return Anatomy("other", (0, 0), ())
