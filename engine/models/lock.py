"""The lock of a model, which tells whether a pass through it is under way here."""

from __future__ import annotations

import threading
from contextvars import ContextVar, Token

from .giving_way import give_way

_held: ContextVar[frozenset[ModelLock]] = ContextVar("locks that are held", default=frozenset())


class ModelLock:
    """A lock that its holder may take again: a thread, and others that work for it in a copy of its context."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = threading.local()  # what each thread undoes when it leaves

    def __enter__(self) -> None:
        before: Token | None = None
        if not self.held:
            self._lock.acquire()
            before = _held.set(_held.get() | {self})
        self._undone().append(before)

    def __exit__(self, *error: object) -> None:
        before = self._undone().pop()
        if before is not None:
            _held.reset(before)
            self._lock.release()

    def _undone(self) -> list[Token | None]:
        return vars(self._taken).setdefault("tokens", [])

    @property
    def held(self) -> bool:
        """Whether whoever asks holds it."""
        return self in _held.get()

    def give_way(self) -> None:
        """`give_way` unless it is held here: that is the middle of a pass, which may be watched."""
        if not self.held:
            give_way()
