"""How much goes through a model at once: found by trying, halved for good when memory runs out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TypeVar

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .memory import ran_out, shortage

Result = TypeVar("Result")
Columns = tuple[Tensor | None, ...]


class Batches:
    """Work in parts of at most `size` rows; `what` names a row in the sentence that ends a search in vain.

    Work is done on columns with as many rows each; one that is None stays None in every part.
    """

    def __init__(self, size: int, what: str) -> None:
        self.size, self.what = size, what
        self.attached = math.inf  # the most rows whose graph is tried to be kept

    def run(self, work: Callable[..., Result], *columns: Tensor | None) -> list[Result]:
        """The results of `work` on consecutive parts, in order; a part that memory does not hold is halved.

        The first column must not be None. Raises `EngineError` where a single row is too much.
        """
        rows, done, results = len(columns[0]), 0, []
        while done < rows or not results:
            part = _part(columns, done, self.size)
            found = _within_memory(work, part)
            if found:
                results += found
                done += len(part[0])
            elif len(part[0]) > 1:
                self.size = len(part[0]) // 2
            else:
                raise shortage(f"{self.what} on {part[0].device.type}")
        return results

    def joined(self, work: Callable[..., Tensor], *columns: Tensor | None) -> Tensor:
        """The results of `run` as one tensor, attached to the columns that want gradients.

        Where memory does not hold the graph of all parts, none is kept: each part is worked out again on the way back,
        and second derivatives do not exist. `work` must depend on nothing else that wants a gradient.
        """
        if not (torch.is_grad_enabled() and any(c is not None and c.requires_grad for c in columns)):
            return torch.cat(self.run(work, *columns))
        rows = len(columns[0])
        if rows <= self.attached:
            parts = _parts(columns, self.size)
            found = _within_memory(lambda: torch.cat([work(*part) for part in parts]), ())
            if found:
                return found[0]
            self.attached = rows // 2
        return _Again.apply(self, work, *columns)


class _Again(torch.autograd.Function):
    """Results without a graph, whose parts are worked out again, one graph at a time, when gradients are asked for."""

    @staticmethod
    def forward(ctx, batches: Batches, work: Callable[..., Tensor], *columns: Tensor | None) -> Tensor:
        ctx.batches, ctx.work = batches, work
        ctx.save_for_backward(*columns)
        return torch.cat(batches.run(work, *columns))

    @staticmethod
    @once_differentiable
    def backward(ctx, towards: Tensor) -> tuple[Tensor | None, ...]:
        wanted = ctx.needs_input_grad[2:]

        def back(slopes: Tensor, *part: Tensor | None) -> Columns:
            given = [c.detach().requires_grad_() if want else c for c, want in zip(part, wanted, strict=True)]
            with torch.enable_grad():
                made = ctx.work(*given)
            return torch.autograd.grad(made, [c for c, want in zip(given, wanted, strict=True) if want], slopes)

        found = zip(*ctx.batches.run(back, towards, *ctx.saved_tensors), strict=True)
        return (None, None, *(torch.cat(next(found)) if want else None for want in wanted))


def _part(columns: Columns, start: int, size: int) -> Columns:
    return tuple(None if column is None else column[start : start + size] for column in columns)


def _parts(columns: Columns, size: int) -> Iterator[Columns]:
    return (_part(columns, start, size) for start in range(0, max(1, len(columns[0])), size))


def _within_memory(work: Callable[..., Result], part: Columns) -> list[Result]:
    """The one result, or nothing where memory ran out; by then all that the attempt held is free again."""
    try:
        return [work(*part)]
    except RuntimeError as error:
        if not ran_out(error):
            raise
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return []
