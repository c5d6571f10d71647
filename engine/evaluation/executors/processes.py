"""The executor whose workers are processes of this machine."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context, parent_process
from typing import Any

import torch

from ...errors import EngineError, require
from ...models import Backbone, load_backbone
from ...settings import ModelSettings
from .base import Each, Work


@dataclass(frozen=True, slots=True)
class Processes:
    """`count` processes of one thread each; raises `EngineError` for fewer than one."""

    model: str
    device: str | None = None
    count: int = 1
    precision: str = "fp32"
    settings: ModelSettings = ModelSettings()

    def __post_init__(self) -> None:
        require(self.count >= 1, f"Expected at least one worker; got {self.count}.")

    @contextmanager
    def start(self) -> Generator[Each]:
        """A function that works on items in the processes; raises `EngineError` when one of them is killed."""
        with ProcessPoolExecutor(self.count, get_context("spawn"), _initialise) as pool:
            try:
                model = (self.model, self.device, self.precision, self.settings)
                yield lambda work, items: pool.map(partial(_call, work, model), items)
            except BrokenProcessPool as error:
                raise EngineError(
                    "A worker process was ended from outside; memory may have run short: use fewer workers."
                ) from error


def _initialise() -> None:
    """Set up a new process: it uses one thread and exits when its parent does, however that ends."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(1)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _call(work: Work, model: tuple[str, str | None, str, ModelSettings], item: Any) -> Any:
    return work(_backbone(*model), item)


@cache
def _backbone(model: str, device: str | None, precision: str, settings: ModelSettings) -> Backbone:
    """The model of this process, loaded at the first call."""
    return load_backbone(model, device, precision, settings=settings)
