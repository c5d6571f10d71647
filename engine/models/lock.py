"""The lock of a model, which tells whether a pass through it is under way in this thread."""

from __future__ import annotations

import threading

from .giving_way import give_way


class ModelLock:
    """A lock that its thread may take again, and that knows whether the thread that asks holds it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._holder: int | None = None
        self._depth = 0

    def __enter__(self) -> None:
        self._lock.acquire()
        self._holder = threading.get_ident()
        self._depth += 1

    def __exit__(self, *error: object) -> None:
        self._depth -= 1
        if not self._depth:
            self._holder = None
        self._lock.release()

    def give_way(self) -> None:
        """`give_way` unless this thread holds the lock: it is in the middle of a pass, which may be watched."""
        if self._holder != threading.get_ident():
            give_way()
