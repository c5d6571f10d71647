"""A look inside an image tower: hooks that stand only inside a `with`, and what they keep."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from .precision import at_least_single

Kept = tuple[list[Tensor], list[Tensor], list[Tensor], list[Tensor]]  # tokens, attention, normed, left as in `Trace`


@dataclass(frozen=True, eq=False, slots=True)
class Trace:
    """A forward pass with its inside kept, attached to the autograd graph from the first traced block on.

    `tokens` are the inputs of the traced transformer blocks, each (b, 1 + gh*gw, width), `attention` their weights
    (b, heads, 1 + gh*gw, 1 + gh*gw), `normed` the tokens behind the block's first norm, `left` the tokens as each
    block leaves them, all in block order.
    All are float32 whatever the precision of the weights, and so are gradients with respect to them.
    For a ResNet `tokens` holds the one layer4 output (b, channels, gh, gw). Towers without a readable attention keep
    `tokens` and `normed` only, patches last; of a block that has no first norm both are the tokens that enter.
    """

    features: Tensor  # (b, d), unit length
    tokens: tuple[Tensor, ...]
    attention: tuple[Tensor, ...]
    normed: tuple[Tensor, ...]
    left: tuple[Tensor, ...]


@contextmanager
def watch_blocks(blocks: Iterable[nn.Module], attention: bool = True) -> Generator[Kept]:
    """Keep what enters these blocks and is normed first, with `attention` also what open_clip's own do inside and
    leave; no hook stays behind."""
    tokens: list[Tensor] = []
    weights: list[Tensor] = []
    normed: list[Tensor] = []
    left: list[Tensor] = []

    def leaf(module: nn.Module, args: tuple) -> tuple:
        entering = at_least_single(args[0])
        tokens.append(entering if tokens else entering.detach().requires_grad_())
        if _first_norm(module) is None:
            normed.append(tokens[-1])
        return (tokens[-1].to(args[0].dtype), *args[1:])

    def attend(module: nn.MultiheadAttention, args: tuple, kwargs: dict, output: tuple) -> tuple[Tensor, Tensor]:
        mixed, found = self_attention(module, args[0], kwargs.get("attn_mask"))
        weights.append(found)
        return mixed, found

    def keep_in(kept: list[Tensor]) -> Callable[[nn.Module, tuple, Tensor], Tensor]:
        def keep(module: nn.Module, args: tuple, output: Tensor) -> Tensor:
            kept.append(at_least_single(output))
            return kept[-1].to(output.dtype)

        return keep

    handles = []
    try:
        for block in blocks:
            handles.append(block.register_forward_pre_hook(leaf))
            norm = _first_norm(block)
            if norm is not None:
                handles.append(norm.register_forward_hook(keep_in(normed)))
            if not attention:
                continue
            handles.append(block.get_submodule("attn").register_forward_hook(attend, with_kwargs=True))
            handles.append(block.register_forward_hook(keep_in(left)))
        yield tokens, weights, normed, left
    finally:
        for handle in handles:
            handle.remove()


def _first_norm(block: nn.Module) -> nn.Module | None:
    """What a block normalises its tokens by before they attend, by the name of open_clip or of timm."""
    children = dict(block.named_children())
    return children.get("ln_1", children.get("norm1"))


def self_attention(module: nn.MultiheadAttention, tokens: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """What torch's own module makes of tokens (b, t, width), and its weights (b, heads, t, t).

    Unlike the weights that torch hands out, these are part of the graph, so that gradients reach them.
    `mask` (t, t) is added before the softmax.
    """
    joined = F.linear(tokens, module.in_proj_weight, module.in_proj_bias)
    query, key, value = joined.unflatten(-1, (3, module.num_heads, -1)).permute(2, 0, 3, 1, 4)
    scores = at_least_single((query / math.sqrt(query.shape[-1])) @ key.transpose(-2, -1))
    weights = (scores if mask is None else scores + mask).softmax(-1)
    return module.out_proj((weights.to(value.dtype) @ value).transpose(1, 2).flatten(2)), weights


@contextmanager
def twice_differentiable(blocks: Iterable[nn.Module]) -> Generator[None]:
    """Inside, these blocks attend by `self_attention`: torch's fused attention has no second derivative."""

    def attend(module: nn.MultiheadAttention, args: tuple, kwargs: dict, output: tuple) -> tuple[Tensor, Tensor]:
        return self_attention(module, args[0], kwargs.get("attn_mask"))

    handles = [block.get_submodule("attn").register_forward_hook(attend, with_kwargs=True) for block in blocks]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def watch_layer(layer: nn.Module) -> Generator[Kept]:
    """Keep the output of one layer, cut off from what came before it."""
    tokens: list[Tensor] = []

    def leaf(module: nn.Module, args: tuple, output: Tensor) -> Tensor:
        tokens.append(at_least_single(output).detach().requires_grad_())
        return tokens[0].to(output.dtype)

    handle = layer.register_forward_hook(leaf)
    try:
        yield tokens, [], [], []
    finally:
        handle.remove()
