"""The parts of open_clip's models as far as this package reads them: types alone, as open_clip declares none.

A model never has all of the parts of a class here; `hasattr` tells which are there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor, nn


class Block(nn.Module):
    """One of open_clip's usual blocks."""

    ln_1: nn.Module
    attn: nn.MultiheadAttention
    ls_1: nn.Module
    ln_2: nn.Module
    mlp: nn.Module
    ls_2: nn.Module


class Transformer(nn.Module):
    """The blocks of a tower, in order."""

    resblocks: nn.ModuleList
    get_cast_dtype: Callable[[], torch.dtype]


class PatchEmbed(nn.Module):
    """What makes patches of a picture in a tower of timm."""

    grid_size: tuple[int, int]


class Trunk(nn.Module):
    """A tower of timm, within one of open_clip."""

    patch_embed: PatchEmbed
    blocks: nn.Sequential
    stages: nn.Sequential
    feature_info: list[dict]


class ImageTower(nn.Module):
    """A ViT, a ResNet or one of timm's towers."""

    image_size: int | tuple[int, int]
    preprocess_cfg: dict
    transformer: Transformer
    attn_pool: nn.Module | None
    grid_size: tuple[int, int]
    patch_size: tuple[int, int]
    pool_type: str
    positional_embedding: nn.Parameter
    ln_post: nn.Module
    proj: nn.Parameter | None
    _embeds: Callable[[Tensor], Tensor]
    _pool: Callable[[Tensor], tuple[Tensor, Tensor]]
    stem: Callable[[Tensor], Tensor]
    layer1: nn.Module
    layer2: nn.Module
    layer3: nn.Module
    layer4: nn.Module
    attnpool: nn.Module
    trunk: Trunk


class TextTower(nn.Module):
    """A causal transformer, or a model that is its own text tower."""

    context_length: int | None
    token_embedding: nn.Embedding
    positional_embedding: nn.Parameter
    transformer: Transformer
    attn_mask: Tensor
    ln_final: nn.Module
    text_projection: nn.Linear | nn.Parameter


class Clip(nn.Module):
    """An image tower, and a text tower either as `text` or in the model itself."""

    visual: ImageTower
    logit_scale: nn.Parameter
    encode_text: Callable[[Tensor], Tensor]


class Tokenizer(Protocol):
    """Makes token ids (b, context_length) of texts; some also `decode` ids, some list words in `encoder`."""

    context_length: int | None

    def __call__(self, texts: list[str], context_length: int | None = None) -> Tensor: ...
