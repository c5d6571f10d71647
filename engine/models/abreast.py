"""Parts of work side by side, each in a thread that computes by itself.

OpenMP shares every product among the cores, and all wait behind each for the slowest. Where a core has anything else to
do, that is most of the time; parts that are independent wait for each other once.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import TypeVar

import torch

T = TypeVar("T")
_lock = threading.Lock()
_pools: dict[int, ThreadPoolExecutor] = {}  # by the number of their threads


def abreast(works: Sequence[Callable[[], T]]) -> list[T]:
    """What each of `works` returns, in order; as many at once as this thread has OpenMP threads.

    Each is done in a copy of the context, with or without gradients as here. Raises what the first of them that failed
    raises, once all have ended.
    """
    gradients = torch.is_grad_enabled()

    def done(work: Callable[[], T]) -> T:
        with torch.set_grad_enabled(gradients):
            return work()

    pool = _threads(torch.get_num_threads())
    asked = [pool.submit(copy_context().run, done, work) for work in works]
    wait(asked)
    return [one.result() for one in asked]


def _threads(count: int) -> ThreadPoolExecutor:
    """So many threads of this process, kept: a new one would let torch count its cores again."""
    with _lock:
        if count not in _pools:
            _pools[count] = _started(count)
        return _pools[count]


def _forget() -> None:
    """In a process that has just been forked: none of the threads came along."""
    global _lock
    _lock = threading.Lock()
    _pools.clear()


os.register_at_fork(after_in_child=_forget)


def _started(count: int) -> ThreadPoolExecutor:
    """So many threads, each of which computes by itself."""
    together = threading.Barrier(count)

    def by_itself(_: int) -> None:
        together.wait()  # or the first thread would be given all of these
        torch.get_num_threads()  # what torch does first in a thread is to take over the number that was set last
        torch.set_num_threads(1)

    pool = ThreadPoolExecutor(count, "abreast")
    list(pool.map(by_itself, range(count)))
    torch.set_num_threads(count)  # it is the number for threads to come, too
    return pool
