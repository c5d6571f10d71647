"""A transformer's forward pass written out head by head, the reference that maps are held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models import Backbone


@dataclass(frozen=True, eq=False)
class Layer:
    """What one block of one picture made of its tokens; every tensor keeps its gradient."""

    tokens: Tensor  # (t, width) that enter
    normed: Tensor  # (t, width)
    values: list[Tensor]  # one (t, width of a head) a head
    attention: list[Tensor]  # one (t, t) a head
    left: Tensor  # (t, width) that leave


def forward(backbone: Backbone, picture: Tensor) -> list[Layer]:
    """All blocks of the image tower for one picture (3, s, s)."""
    with torch.no_grad():
        x = backbone.visual._embeds(backbone.normalise(picture[None]))[0]
    return through(backbone.visual.transformer.resblocks, x.requires_grad_())


def through(blocks: Sequence[nn.Module], x: Tensor, mask: Tensor | float = 0.0) -> list[Layer]:
    """All blocks for tokens (t, width), with `mask` (t, t) added to what the softmax sees."""
    layers = []
    for block in blocks:
        normed = kept(block.ln_1(x))
        joined = normed @ block.attn.in_proj_weight.t() + block.attn.in_proj_bias
        query, key, value = joined.chunk(3, -1)
        size = x.shape[-1] // block.attn.num_heads
        heads = [slice(size * h, size * h + size) for h in range(block.attn.num_heads)]
        attention = [kept(torch.softmax(query[:, h] @ key[:, h].t() / sqrt(size) + mask, -1)) for h in heads]
        values = [kept(value[:, h]) for h in heads]
        mixed = torch.cat([a @ v for a, v in zip(attention, values, strict=True)], -1)
        middle = x + block.attn.out_proj(mixed)
        left = kept(middle + block.mlp(block.ln_2(middle)))
        layers.append(Layer(x, normed, values, attention, left))
        x = left
    return layers


def read(backbone: Backbone, tokens: Tensor, text: Tensor) -> Tensor:
    """Logits (c,) of tokens (t, width) that a last block leaves, from the class token or the mean of the patches."""
    normed = backbone.visual.ln_post(tokens)
    feature = (normed[1:].mean(0) if backbone.visual.pool_type == "avg" else normed[0]) @ backbone.visual.proj
    return backbone.model.logit_scale.exp() * text @ F.normalize(feature, dim=-1)


def kept(tensor: Tensor) -> Tensor:
    """The same tensor, which will keep its gradient."""
    tensor.retain_grad()
    return tensor
