"""One transformer block of open_clip's, taken apart: what of it is worked out is up to the caller.

Letters: t tokens, h heads, k the width of a head.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import cast

import torch.nn.functional as F
from open_clip.transformer import ResidualAttentionBlock
from torch import Tensor, nn

from .precision import at_least_single
from .towers import Block, Transformer


def are_plain(blocks: Iterable[nn.Module]) -> bool:
    """Whether these are open_clip's usual blocks, which the functions here take apart."""
    return all(type(block) is ResidualAttentionBlock and not hasattr(block, "ln_1_kv") for block in blocks)


def plain_blocks(transformer: Transformer) -> list[Block]:
    """The blocks of a transformer that `are_plain`, in order."""
    return cast(list[Block], list(transformer.resblocks))


def projected(block: Block, normed: Tensor, first: int, last: int) -> list[Tensor]:
    """Of normed tokens (..., width) queries (0), keys (1) and values (2) from `first` to `last`, (..., h, k) each."""
    attn, width = block.attn, normed.shape[-1]
    rows = slice(first * width, (last + 1) * width)
    bias = None if attn.in_proj_bias is None else attn.in_proj_bias[rows]
    joined = F.linear(normed, attn.in_proj_weight[rows], bias)
    return list(joined.unflatten(-1, (last - first + 1, attn.num_heads, -1)).unbind(-3))


def attention_of(query: Tensor, key: Tensor, mask: Tensor | None = None) -> Tensor:
    """The weights (..., h, t, s), at least float32, that queries (..., t, h, k) give to keys (..., s, h, k).

    `mask` (t, s) is added before the softmax. Unlike the weights that torch hands out, these are part of the graph.
    """
    scaled = query / math.sqrt(query.shape[-1])
    scores = at_least_single(scaled.transpose(-3, -2) @ key.movedim(-3, -1))
    return (scores if mask is None else scores + mask).softmax(-1)


def mixed_by(weights: Tensor, value: Tensor) -> Tensor:
    """What each head makes of values (..., s, h, k) by weights (..., h, t, s), (..., t, h, k)."""
    return (weights.to(value.dtype) @ value.transpose(-3, -2)).transpose(-3, -2)


def completed(block: Block, tokens: Tensor, mixed: Tensor) -> Tensor:
    """What the block makes of tokens (..., width) whose heads have mixed the values `mixed` (..., h, k)."""
    tokens = tokens + block.ls_1(block.attn.out_proj(mixed.flatten(-2)))
    return tokens + block.ls_2(block.mlp(block.ln_2(tokens)))


def passed(block: Block, tokens: Tensor) -> Tensor:
    """What the block makes of tokens (b, t, width), as its own pass would, which turns a batch on its side first: torch
    then projects it in t small products.
    """
    query, key, value = (each.transpose(-3, -2) for each in projected(block, block.ln_1(tokens), 0, 2))
    mixed = F.scaled_dot_product_attention(query, key, value)
    return completed(block, tokens, mixed.transpose(-3, -2))


def summary_alone(block: Block, tokens: Tensor) -> Tensor:
    """What the block makes of the first of tokens (b, t, width), (b, 1, width); the others are only read."""
    normed = block.ln_1(tokens)
    (query,) = projected(block, normed[:, :1], 0, 0)
    key, value = projected(block, normed, 1, 2)
    return completed(block, tokens[:, :1], mixed_by(attention_of(query, key), value))
