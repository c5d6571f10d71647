"""Long work that lets others go first: places where nothing is half done ask whether it is somebody else's turn.

Who runs the work says how it gives way (`giving_way`); elsewhere the places do nothing. As with a cancellation token,
it must not be held across a `yield`.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from .cancellation import raise_if_cancelled


class GivesWay(Protocol):
    """The right to go on: how it is given away for a while, and the seconds that it was held so far."""

    def give_way(self) -> None: ...

    @property
    def seconds(self) -> float: ...


_turn: ContextVar[GivesWay | None] = ContextVar("turn", default=None)


@contextmanager
def giving_way(turn: GivesWay) -> Generator[None]:
    """Inside, `turn` is that of the work, in this thread and in those that it starts in a copy of its context."""
    outer = _turn.set(turn)
    try:
        yield
    finally:
        _turn.reset(outer)


def give_way() -> None:
    """Wait here as long as others go first. Not for where a lock is held that they may want.

    Raises `Cancelled` where the token of this run is set.
    """
    raise_if_cancelled()
    turn = _turn.get()
    if turn is not None:
        turn.give_way()


def own_seconds() -> float:
    """A clock for differences, in seconds, that stands still while others go first."""
    turn = _turn.get()
    return time.perf_counter() if turn is None else turn.seconds
