"""Long work that lets others go first: places where nothing is half done ask whether it is somebody else's turn.

Who runs the work says how it gives way (`giving_way`); elsewhere the places do nothing. As with a cancellation token,
it must not be held across a `yield`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

from .cancellation import raise_if_cancelled

_give_way: ContextVar[Callable[[], None] | None] = ContextVar("how to give way", default=None)


@contextmanager
def giving_way(give: Callable[[], None]) -> Generator[None]:
    """Inside, `give_way` calls `give`, in this thread and in those that it starts in a copy of its context."""
    outer = _give_way.set(give)
    try:
        yield
    finally:
        _give_way.reset(outer)


def give_way() -> None:
    """Wait here as long as others go first. Not for where a lock is held that they may want.

    Raises `Cancelled` where the token of this run is set.
    """
    raise_if_cancelled()
    give = _give_way.get()
    if give is not None:
        give()
