"""One computation under way: it advances in turns, in a thread of its own, and any number of threads follow it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from contextvars import copy_context
from typing import Any

from ..models.cancellation import cancelled_by, raise_if_cancelled
from ..models.giving_way import giving_way
from .turns import Turn, Turns

NOTICE = 0.05  # seconds until one who follows and waits notices that its own token is set
Work = Callable[[], Generator[Any]]


class Computation:
    """What `work` yields, the last item being its result; `ended` is called with the result and the seconds that the
    turn was held, before anybody who follows sees the end, and raises where the result is not wanted any more.
    """

    def __init__(self, work: Work, ended: Callable[[Computation, Any, float], None]) -> None:
        self.followers = 0
        self._work, self._ended = work, ended
        self._token = threading.Event()
        self._items: list[Any] = []
        self._over = False
        self._error: BaseException | None = None
        self._news = threading.Condition()

    def start(self, turns: Turns, owner: str, low: bool) -> None:
        """Compute in turns, with the context of whoever calls this."""
        context = copy_context()
        self._turns = turns
        self._turn = turns.begin(lambda turn: context.run(self._run, turn), owner, low)

    def hurry(self) -> None:
        """Let it go round with all others: somebody waits for it."""
        self._turns.raise_priority(self._turn)

    def cancel(self) -> None:
        """Have it end, by raising `Cancelled` in its thread, when its next turn comes."""
        self._token.set()
        self.hurry()

    def follow(self) -> Iterator[Any]:
        """All items from the first on, as they come. Raises what the computation raised, and `Cancelled` where the
        token of whoever follows is set."""
        place, over = 0, False
        while not over:
            items, over = self._from(place)
            yield from items
            place += len(items)
        if self._error is not None:
            raise self._error

    def _from(self, place: int) -> tuple[list[Any], bool]:
        """The items from this place on, once there are any or the computation is over, and whether it is."""
        with self._news:
            while not self._news.wait_for(lambda: self._over or len(self._items) > place, NOTICE):
                raise_if_cancelled()
            return self._items[place:], self._over

    def _run(self, turn: Turn) -> None:
        try:
            result = self._computed(turn)
            self._ended(self, result, turn.seconds)
        except BaseException as error:  # whatever it is, it belongs to those who follow
            self._error = error
        with self._news:
            self._over = True
            self._news.notify_all()

    def _computed(self, turn: Turn) -> Any:
        item = None
        with closing(self._work()) as items:
            while True:
                try:
                    with cancelled_by(self._token), giving_way(turn):
                        item = next(items)
                except StopIteration:
                    return item
                with self._news:
                    self._items.append(item)
                    self._news.notify_all()
                turn.give_way()
