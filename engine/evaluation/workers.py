"""Work on numbered pictures in processes of one thread and one model each: how many there are changes no result."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context, parent_process
from typing import TypeVar

import torch

from ..backbone import Backbone, load_backbone
from ..errors import require

Result = TypeVar("Result")


def in_workers(
    work: Callable[[Backbone, int], Result], indices: Iterable[int], model: str, device: str | None, workers: int
) -> Iterator[Result]:
    """`work(backbone, index)` for every index, in order. `work` must be one that can be sent to another process."""
    require(workers >= 1, f"Expected at least one worker; got {workers}.")
    with ProcessPoolExecutor(workers, get_context("spawn"), _open, (model, device)) as pool:
        yield from pool.map(partial(_call, work), indices)


def _open(model: str, device: str | None) -> None:
    """In a fresh worker: load the model, and end when the parent does, however it ends."""
    global _backbone  # one model per process; the pool offers no other place for it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    _backbone = load_backbone(model, device)


def _end_with_parent() -> None:
    parent_process().join()
    os._exit(1)


def _call(work: Callable[[Backbone, int], Result], index: int) -> Result:
    return work(_backbone, index)
