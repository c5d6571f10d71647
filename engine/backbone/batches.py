"""How much goes through a model at once: found by trying, halved for good when memory runs out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

from ..errors import EngineError

Result = TypeVar("Result")
SIGNS = ("out of memory", "not enough memory", "can't allocate memory", "ALLOC_FAILED")  # of allocators without a class


class Batches:
    """Work in parts of at most `size` rows; `what` names a row in the sentence that ends a search in vain."""

    def __init__(self, size: int, what: str) -> None:
        self.size, self.what = size, what

    def run(self, work: Callable[..., Result], first: Tensor, *others: Tensor | None) -> list[Result]:
        """The results of `work` on consecutive parts of its columns, in order.

        Columns have as many rows each; one that is None stays None in every part. A part that memory does not hold is
        tried again in halves. Raises `EngineError` where a single row is too much.
        """
        done, results = 0, []
        while done < len(first) or not results:
            span = slice(done, done + self.size)
            part = [first[span], *(other if other is None else other[span] for other in others)]
            found = _within_memory(work, part)
            if found:
                results += found
                done += len(part[0])
            elif len(part[0]) > 1:
                self.size = len(part[0]) // 2
            else:
                raise EngineError(
                    f"There is not enough memory for {self.what} on {part[0].device.type}; choose a smaller model,"
                    " bf16, or another device."
                )
        return results


def _within_memory(work: Callable[..., Result], part: list[Tensor | None]) -> list[Result]:
    """The one result, or nothing where memory ran out; by then all that the attempt held is free again."""
    try:
        return [work(*part)]
    except RuntimeError as error:
        if not isinstance(error, torch.OutOfMemoryError) and not any(sign in str(error) for sign in SIGNS):
            raise
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return []
