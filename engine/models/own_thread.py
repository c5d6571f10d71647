"""Work whose OpenMP helpers go when it is done."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


def apart(work: Callable[[], T]) -> T:
    """What `work` returns or raises, computed in a thread that then ends.

    OpenMP keeps helpers for every thread that has computed with it, as long as that thread lives. Where all of these
    are more than the cores, they sleep at every barrier, and an attack by any of them takes twice as long. A story
    computes in threads of its own, so the thread that waits for it, and has loaded the model, is best left without.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(copy_context().run, work).result()
