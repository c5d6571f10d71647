"""Attention algebra over a batch of pictures: from attention weights, tokens and gradients to maps.

Letters: b pictures, h heads, t tokens (the class token first, then gh*gw patches), d width. Knows no model.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import torch
from torch import Tensor

EPS = 1e-8
FUSIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "mean": lambda attention: attention.mean(1),
    "max": lambda attention: attention.amax(1),
    "min": lambda attention: attention.amin(1),
}


def token_dots(tokens: Tensor, gradients: Tensor) -> Tensor:
    """First-order evidence of each token, sum over d of T * dS/dT: two (b, t, d) -> (b, t)."""
    return (tokens * gradients).sum(-1)


def token_weights(dots: Tensor) -> Tensor:
    """Positive part of `dots` (b, t), scaled to sum to 1 over the tokens (A-TPT's token weights)."""
    positive = dots.relu()
    return positive / (positive.sum(-1, keepdim=True) + EPS)


def row_normalised(matrix: Tensor) -> Tensor:
    """Non-negative matrices (..., t, t) with every row scaled to sum to 1."""
    return matrix / (matrix.sum(-1, keepdim=True) + EPS)


def fuse_heads(attention: Tensor, fusion: str = "mean", discard: float = 0.0) -> Tensor:
    """One matrix a block, (b, h, t, t) -> (b, t, t): the mean, max or min over its heads.

    The `discard` share of its entries, the smallest ones, become zero, so that faint attention everywhere does not add
    up over many blocks.
    """
    fused = FUSIONS[fusion](attention)
    flat = fused.flatten(1)
    smallest = flat.topk(int(discard * flat.shape[1]), largest=False).indices
    return flat.scatter(1, smallest, 0.0).view_as(fused)


def contributions(mixed: Tensor, weights: Tensor | float = 1.0) -> Tensor:
    """How much each token of a block is made of each token before it, (b, t, t) -> (b, t, t), rows sum to 1.

    Attention fused over heads, source tokens (columns) scaled by `weights` (b, t), plus the residual path.
    """
    if isinstance(weights, Tensor):
        weights = weights[:, None, :]
    identity = torch.eye(mixed.shape[-1], dtype=mixed.dtype, device=mixed.device)
    return row_normalised(identity + mixed * weights)


def weighted_contributions(attention: Tensor, dots: Tensor, depth: float = 1.0) -> Tensor:
    """Contributions (b, t, t) of a block with attention (b, h, t, t), tokens weighted by `dots` (b, t) and depth."""
    return contributions(attention.mean(1), depth * token_weights(depth * dots))


def joint(blocks: list[Tensor]) -> Tensor:
    """Product of the blocks' contributions, each (b, t, t), in block order: last @ ... @ first (attention rollout)."""
    return reduce(lambda product, block: block @ product, blocks)


def last_two(blocks: list[Tensor]) -> Tensor:
    """A-TPT's joint: the last block times the 0.5 / 1.0 weighted mean of the last two, (b, t, t)."""
    before, last = blocks[-2:]
    return last @ row_normalised((0.5 * before + last) / 1.5)


def depth_weights(count: int) -> list[float]:
    """Weights of `count` blocks growing evenly from 0.5 at the first to 1 at the last, in float32 as A-TPT's code."""
    return (torch.linspace(1, 2, count) / 2).tolist()


def summary(matrix: Tensor, averaged: bool) -> Tensor:
    """What the summary of the picture takes from each patch, (..., t, t) -> (..., gh*gw).

    The summary is the class token or, `averaged`, the mean of all patches.
    """
    return matrix[..., 1:, 1:].mean(-2) if averaged else matrix[..., 0, 1:]


def class_row(matrix: Tensor, grid: tuple[int, int], averaged: bool = False) -> Tensor:
    """What the class token (or the mean of patches) takes from each patch, (b, t, t) -> (b, gh, gw)."""
    return summary(matrix, averaged).unflatten(-1, grid)


def class_attention(attention: Tensor, grid: tuple[int, int], averaged: bool = False) -> Tensor:
    """Attention of the class token (or of the mean of patches) to the patches, each head scaled to sum 1, mean over
    heads: (b, gh, gw)."""
    row = summary(attention, averaged)
    return (row / (row.sum(-1, keepdim=True) + EPS)).mean(1).unflatten(-1, grid)


def relevance(attention: tuple[Tensor, ...], gradients: tuple[Tensor, ...]) -> Tensor:
    """Gradient-weighted relevance of every token for every other, (b, t, t), from weights and gradients (b, h, t, t) of
    all blocks (Chefer et al., ICCV 2021, equations 5 and 6: the positive part of gradient times weight, mean over
    heads, carried from block to block beside the residual path)."""
    first = attention[0]
    found = torch.eye(first.shape[-1], dtype=first.dtype, device=first.device).expand(len(first), -1, -1)
    for weights, gradient in zip(attention, gradients, strict=True):
        found = found + (gradient * weights).relu().mean(1) @ found
    return found


def token_grad_cam(tokens: Tensor, gradients: Tensor, grid: tuple[int, int]) -> Tensor:
    """Grad-CAM over patch tokens (b, t, d), patches last: channels weighted by their mean gradient over patches,
    positive part."""
    first = tokens.shape[1] - grid[0] * grid[1]
    channels = gradients[:, first:].mean(1, keepdim=True)
    return (tokens[:, first:] * channels).sum(-1).relu().unflatten(-1, grid)


def grad_cam(maps: Tensor, gradients: Tensor) -> Tensor:
    """Grad-CAM of feature maps (b, d, gh, gw): channels weighted by their mean gradient, positive part."""
    return (maps * gradients.mean((-2, -1), keepdim=True)).sum(1).relu()


def quantiles(maps: Tensor, share: float) -> Tensor:
    """The `share` quantile of each map, (b, h, w) -> (b, 1, 1); one by one, as torch limits the size of a batch."""
    return torch.stack([values.flatten().quantile(share) for values in maps])[:, None, None]


def stretch(maps: Tensor, quantile: float) -> Tensor:
    """Each map (b, gh, gw) cut at its own `quantile` and scaled to [0, 1]; a constant map becomes zeros."""
    cut = torch.minimum(maps, quantiles(maps, quantile))
    low, high = cut.amin((-2, -1), keepdim=True), cut.amax((-2, -1), keepdim=True)
    return (cut - low) / (high - low + EPS)
