"""How much goes through a model at once: found by trying, halved for good when memory runs out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from itertools import islice
from typing import TypeVar

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ..numerics.gradients import gradients
from .abreast import abreast
from .memory import ran_out, shortage

Result = TypeVar("Result")
Columns = tuple[Tensor | None, ...]


class Batches:
    """Work in parts of at most `size` rows; `what` names a row in the sentence that ends a search in vain.

    Work is done on columns with as many rows each; one that is None stays None in every part. `between` is called
    before each part, forward and back. Given the `lock` that the work takes, parts without a graph are done side by
    side (`abreast`), and `between` is called before those that are.
    """

    def __init__(
        self,
        size: int,
        what: str,
        between: Callable[[], None] = lambda: None,
        lock: AbstractContextManager[None] | None = None,
    ) -> None:
        self.size, self.what, self.between, self.lock = size, what, between, lock
        self.attached = math.inf  # the most rows whose graph is tried to be kept

    def run(self, work: Callable[..., Result], first: Tensor, *others: Tensor | None) -> list[Result]:
        """The results of `work` on consecutive parts, in order; a part that memory does not hold is halved.

        Raises `EngineError` where a single row is too much.
        """
        columns, rows, done, results = (first, *others), len(first), 0, []
        while done < rows or not results:
            self.between()
            most = 1 if self.lock is None else torch.get_num_threads()
            parts = list(islice(_parts(columns, rows, self.size, done), most))
            found = self._found(work, parts)
            if found:
                results += found
                done += self.size * len(found)
            elif len(parts) > 1:
                self.lock = None  # one alone may fit
            elif (tried := min(self.size, rows - done)) > 1:
                self.size = tried // 2
            else:
                raise shortage(f"{self.what} on {first.device.type}")
        return results

    def _found(self, work: Callable[..., Result], parts: Sequence[Columns]) -> list[Result]:
        """The results of `work` on these parts, side by side if they are several; none where memory ran out."""
        if self.lock is None or len(parts) == 1:
            return _within_memory(work, parts[0])
        with self.lock:
            found = abreast([partial(_within_memory, work, part) for part in parts])
        return [result for results in found for result in results] if all(found) else []

    def joined(self, work: Callable[..., Tensor], first: Tensor, *others: Tensor | None, graph: bool = True) -> Tensor:
        """The results of `run` as one tensor, attached to the columns that want gradients.

        Where memory does not hold the graph of all parts, or without `graph`, none is kept: each part is worked out
        again on the way back, and second derivatives do not exist. `work` must depend on nothing else that wants a
        gradient.
        """
        columns, rows = (first, *others), len(first)
        if not (torch.is_grad_enabled() and any(c is not None and c.requires_grad for c in columns)):
            return torch.cat(self.run(work, *columns))
        if graph and rows <= self.attached:
            parts = _parts(columns, rows, self.size)
            found = _within_memory(lambda: torch.cat([self._attached(work, part) for part in parts]), ())
            if found:
                return found[0]
            self.attached = rows // 2
        return _Again.apply(self, work, *columns)

    def _attached(self, work: Callable[..., Tensor], part: Columns) -> Tensor:
        self.between()
        made = work(*part)
        if made.requires_grad:
            made.register_hook(lambda slopes: self.between())  # gradients go back through one part after another
        return made


class _Again(torch.autograd.Function):
    """Results without a graph, whose parts are worked out again, one graph at a time, when gradients are asked for."""

    @staticmethod
    def forward(ctx, batches: Batches, work: Callable[..., Tensor], first: Tensor, *others: Tensor | None) -> Tensor:
        ctx.batches, ctx.work = batches, work
        ctx.save_for_backward(first, *others)
        return torch.cat(batches.run(work, first, *others))

    @staticmethod
    def backward(ctx, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        return _worked_out_again(ctx, *grad_outputs)


@once_differentiable
def _worked_out_again(ctx, towards: Tensor) -> tuple[Tensor | None, ...]:
    """The gradients of what `_Again.forward` was given, from those of its result."""
    wanted = ctx.needs_input_grad[2:]

    def back(slopes: Tensor, *part: Tensor | None) -> Columns:
        given = [
            c.detach().requires_grad_() if want and c is not None else c for c, want in zip(part, wanted, strict=True)
        ]
        with torch.enable_grad():
            made = ctx.work(*given)
        asked = [c for c, want in zip(given, wanted, strict=True) if want and c is not None]
        return gradients(made, asked, slopes)

    found = zip(*ctx.batches.run(back, towards, *ctx.saved_tensors), strict=True)
    return (None, None, *(torch.cat(next(found)) if want else None for want in wanted))


def _parts(columns: Columns, rows: int, size: int, first: int = 0) -> Iterator[Columns]:
    """From the row `first` on; of no rows one empty part."""
    for start in range(first, max(1, rows), size):
        yield tuple(None if column is None else column[start : start + size] for column in columns)


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
