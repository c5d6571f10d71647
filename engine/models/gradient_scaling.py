"""Gradients on their way back through a tower in half precision, scaled so that none is lost for want of range.

float16 knows nothing between 0 and 6e-8, and the cross-entropy of a sure model has smaller gradients than that. They
are multiplied before they enter the tower and divided behind it (loss scaling, Micikevicius et al., ICLR 2018, section
3.2), with a factor of its own for each row, found from the row's gradient, so that a sure picture beside an unsure one
in a batch keeps its gradient too. Factors are powers of two, which change no digit.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.autograd import Function

from .precision import at_least_single

LARGEST, SMALLEST = 4, -149  # exponents of 2: what a row's largest entry is brought up to, and the least of float32


def loses_gradients(dtype: torch.dtype) -> bool:
    """Whether gradients in this format need scaling, as it has not the range of float32."""
    return torch.finfo(dtype).tiny > torch.finfo(torch.float32).tiny


def with_scaled_gradients(work: Callable[[Tensor], Tensor], values: Tensor, dtype: torch.dtype) -> Tensor:
    """`work` of values (b, ...), which it computes row by row in `dtype`: (b, d), at least float32.

    Gradients with respect to the values are float32, whatever their size; those of `dtype` only where it has the range
    of float32. They can be differentiated again.
    """
    if not loses_gradients(dtype):
        return at_least_single(work(values))
    scale = _Scale()
    return _Leave.apply(at_least_single(work(_Enter.apply(values, scale))), scale)


def with_steady_gradients(work: Callable[[Tensor], Tensor], values: Tensor) -> Tensor:
    """`work` of values (b, ...), row by row, for those who ask gradients for their direction only.

    The gradient of each row sets out at the same size, however small it was, and keeps the power of two that this took.
    """
    return _Leave.apply(work(values), _Scale())


class _Scale:
    """The factors of the rows in one backward pass, as their square roots: a factor itself may lie beyond float32."""

    def __init__(self) -> None:
        self.roots = torch.ones(1)  # (b,) once gradients have set out

    def find(self, slopes: Tensor) -> None:
        """Set the factors for gradients (b, d) that set out."""
        largest = slopes.detach().flatten(1).abs().amax(1).log2().clamp_min(SMALLEST)
        self.roots = ((LARGEST - largest) / 2).floor().exp2()

    def of_rows(self, slopes: Tensor) -> Tensor:
        """The roots, to be multiplied with gradients (b, ...)."""
        return self.roots.view(-1, *[1] * (slopes.ndim - 1))


class _Enter(Function):
    """The values as they are; their gradients lose the factors."""

    @staticmethod
    def forward(ctx, values: Tensor, scale: _Scale) -> Tensor:
        ctx.scale = scale
        return values.view_as(values)

    @staticmethod
    def backward(ctx, *slopes: Tensor) -> tuple[Tensor, None]:
        roots = ctx.scale.of_rows(slopes[0])
        return slopes[0] / roots / roots, None


class _Leave(Function):
    """The results as they are; their gradients gain the factors."""

    @staticmethod
    def forward(ctx, results: Tensor, scale: _Scale) -> Tensor:
        ctx.scale = scale
        return results.view_as(results)

    @staticmethod
    def backward(ctx, *slopes: Tensor) -> tuple[Tensor, None]:
        ctx.scale.find(slopes[0])
        roots = ctx.scale.of_rows(slopes[0])
        return slopes[0] * roots * roots, None
