"""Work on many items by a executor whose members hold one model each: how many there are changes no result.

Here the members are processes of this machine; `cluster` has those of many.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context, parent_process
from typing import Any, Protocol

import torch

from ..errors import EngineError, require
from ..models import Backbone, load_backbone

Work = Callable[[Backbone, Any], Any]  # must be one that can be sent to another process, as must its items
Each = Callable[[Work, Iterable[Any]], Iterator[Any]]  # work(backbone, item) for every item, in order


class Executor(Protocol):
    """Members that hold `model` while they are at work."""

    model: str

    def start(self) -> AbstractContextManager[Each]:
        """Call the members together, and dismiss them at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Processes:
    """A executor of `count` processes of one thread each; raises `EngineError` for fewer than one."""

    model: str
    device: str | None = None
    count: int = 1
    precision: str = "fp32"

    def __post_init__(self) -> None:
        require(self.count >= 1, f"Expected at least one worker; got {self.count}.")

    @contextmanager
    def start(self) -> Iterator[Each]:
        """Start processes as they are needed. Raises `EngineError` when one is ended from outside."""
        with ProcessPoolExecutor(self.count, get_context("spawn"), _begin) as pool:
            try:
                model = (self.model, self.device, self.precision)
                yield lambda work, items: pool.map(partial(_call, work, model), items)
            except BrokenProcessPool as error:
                raise EngineError(
                    "A worker process was ended from outside; memory may have run short: use fewer workers."
                ) from error


def _begin() -> None:
    """In a fresh process: use one thread, and end when the parent does, however it ends."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(1)


def _end_with_parent() -> None:
    parent_process().join()
    os._exit(1)


def _call(work: Work, model: tuple[str, str | None, str], item: Any) -> Any:
    return work(_open(*model), item)


@cache
def _open(model: str, device: str | None, precision: str) -> Backbone:
    """The one model of this process."""
    return load_backbone(model, device, precision)
