"""Gradients of several numbers at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def gradients(
    made: Tensor, of: Tensor | Sequence[Tensor], slopes: Tensor | None = None, keep: bool = False
) -> tuple[Tensor, ...]:
    """The gradient with respect to each of `of`, from the `slopes` with respect to `made` (None: ones everywhere).

    That of the sum of `made * slopes`, which is the same to the last bit: where torch is given slopes it loads SymPy to
    compare two shapes, a second's work. With `keep` the graph of `made` stays.
    """
    with torch.enable_grad():
        total = made.sum() if slopes is None else (made * slopes).sum()
    return torch.autograd.grad(total, of, retain_graph=keep)
