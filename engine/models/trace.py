"""A look inside a tower: its blocks one by one, or hooks that stand only inside a `with`, and what they keep."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass

from torch import Tensor, nn

from .blocks import attention_of, completed, mixed_by, projected
from .precision import at_least_single
from .towers import Block

Kept = tuple[list[Tensor], list[Tensor], list[Tensor], list[Tensor]]  # tokens, attention, normed, left as in `Trace`


@dataclass(frozen=True, eq=False, slots=True)
class Trace:
    """A forward pass with its inside kept, attached to the autograd graph from the first traced block on.

    `tokens` are the inputs of the traced transformer blocks, each (b, 1 + gh*gw, width), `attention` their weights
    (b, heads, 1 + gh*gw, 1 + gh*gw), `normed` the tokens behind the block's first norm, `left` the tokens as each
    block leaves them, all in block order; of the last block it is the class token alone where nobody asked for more.
    All are float32 whatever the precision of the weights, and so are gradients with respect to them.
    For a ResNet `tokens` holds the one layer4 output (b, channels, gh, gw). Towers without a readable attention keep
    `tokens` and `normed` only, patches last; of a block that has no first norm both are the tokens that enter.
    """

    features: Tensor  # (b, d), unit length
    tokens: tuple[Tensor, ...]
    attention: tuple[Tensor, ...]
    normed: tuple[Tensor, ...]
    left: tuple[Tensor, ...]


def through_blocks(
    blocks: Iterable[Block], tokens: Tensor, mask: Tensor | None = None, summary: bool = False
) -> tuple[Tensor, Kept]:
    """What plain blocks make of tokens (b, t, width), and all that happens inside; `mask` (t, t) is added before the
    softmax. With `summary` the last block makes the first token alone, (b, 1, width).
    """
    blocks, entered, weights, norms, left = list(blocks), [], [], [], []
    for place, block in enumerate(blocks, 1):
        entering = at_least_single(tokens)
        entered.append(entering if entered else entering.detach().requires_grad_())
        norms.append(at_least_single(block.ln_1(entered[-1].to(tokens.dtype))))
        query, key, value = projected(block, norms[-1].to(tokens.dtype), 0, 2)
        weights.append(attention_of(query, key, mask))
        read = slice(1) if summary and place == len(blocks) else slice(None)
        mixed = mixed_by(weights[-1][..., read, :], value)
        left.append(at_least_single(completed(block, entered[-1][:, read].to(tokens.dtype), mixed)))
        tokens = left[-1].to(tokens.dtype)
    return tokens, (entered, weights, norms, left)


@contextmanager
def watch_blocks(blocks: Iterable[nn.Module]) -> Generator[Kept]:
    """Keep what enters these blocks and is normed first; no hook stays behind."""
    tokens: list[Tensor] = []
    normed: list[Tensor] = []

    def leaf(module: nn.Module, args: tuple) -> tuple:
        entering = at_least_single(args[0])
        tokens.append(entering if tokens else entering.detach().requires_grad_())
        if _first_norm(module) is None:
            normed.append(tokens[-1])
        return (tokens[-1].to(args[0].dtype), *args[1:])

    def keep(module: nn.Module, args: tuple, output: Tensor) -> Tensor:
        normed.append(at_least_single(output))
        return normed[-1].to(output.dtype)

    handles = []
    try:
        for block in blocks:
            handles.append(block.register_forward_pre_hook(leaf))
            norm = _first_norm(block)
            if norm is not None:
                handles.append(norm.register_forward_hook(keep))
        yield tokens, [], normed, []
    finally:
        for handle in handles:
            handle.remove()


def _first_norm(block: nn.Module) -> nn.Module | None:
    """What a block normalises its tokens by before they attend, by the name of open_clip or of timm."""
    children = dict(block.named_children())
    return children.get("ln_1", children.get("norm1"))


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
