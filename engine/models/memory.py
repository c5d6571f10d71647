"""Memory that runs out: told from other errors, and said in one sentence."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import torch

from ..errors import EngineError

SIGNS = ("out of memory", "not enough memory", "can't allocate memory", "ALLOC_FAILED")  # of allocators without a class
INSTEAD = "a smaller model, bf16, or another device"


def ran_out(error: Exception) -> bool:
    """Whether an error of torch says that the memory of a device does not suffice."""
    return isinstance(error, torch.OutOfMemoryError) or any(sign in str(error) for sign in SIGNS)


def shortage(what: str, instead: str = INSTEAD) -> EngineError:
    """The error that says that there is not enough memory for `what`, and what to choose `instead`."""
    return EngineError(f"There is not enough memory for {what}; choose {instead}.")


@contextmanager
def enough_memory(what: str, instead: str = INSTEAD) -> Generator[None]:
    """Inside, or in a function that this decorates, memory that runs out raises `shortage(what, instead)`."""
    try:
        yield
    except RuntimeError as error:
        if not ran_out(error):
            raise
        raise shortage(what, instead) from error
