"""A real CLIP of random weights that runs in milliseconds."""

import open_clip
import pytest
import torch

from engine.backbone import Backbone


@pytest.fixture(scope="session")
def tiny() -> Backbone:
    """A backbone of 64 pixels, 8x8 patches and four layers, the same weights every time."""
    torch.manual_seed(0)
    model = open_clip.CLIP(
        embed_dim=64,
        vision_cfg={"image_size": 64, "layers": 4, "width": 128, "patch_size": 8, "head_width": 64},
        text_cfg={"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 1, "layers": 2},
    )
    return Backbone(model, open_clip.get_tokenizer("ViT-B-32"), "tiny")
