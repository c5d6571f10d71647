"""How much each owner may have computed: passes per minute, in a leaky bucket, charged before anything starts."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from ..errors import EngineError, require
from ..settings import number_text

MINUTE = 60.0  # seconds


class Budget:
    """`per_minute` passes of one picture through the image tower for each owner (`Passes.cost`), None: no bound.

    Nobody is charged more than a minute's passes ahead: what was charged runs off evenly, and what does not fit on top
    of the rest is refused. `clock` gives seconds. Safe to use from several threads. Raises `EngineError` for a bound
    that is not above 0.
    """

    def __init__(self, per_minute: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        require(
            per_minute is None or 0 < per_minute < math.inf,
            f"Expected the passes per minute to be a number above 0, or none for no bound; got {per_minute}.",
        )
        self.per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._empty: dict[str, float] = {}  # by owner, when all that was charged will have run off

    def left(self, owner: str) -> float:
        """How many passes this owner could be charged with now; infinite without a bound."""
        with self._lock:
            return self._left(owner)

    def charge(self, owner: str, cost: float, instead: Callable[[float], str] | None = None) -> None:
        """Charge `cost` passes, at least 0, to this owner.

        Raises `EngineError`, and charges nothing, where they do not fit: with the seconds until they will or, for more
        than a minute's passes, with what `instead` says of the most that ever fit.
        """
        require(cost >= 0, f"Expected a cost of at least 0 passes; got {cost:g}.")
        if self.per_minute is None:
            return
        with self._lock:
            left, now = self._left(owner), self._clock()
            if cost <= left:
                self._empty = {other: when for other, when in self._empty.items() if when > now}
                self._empty[owner] = max(now, self._empty.get(owner, now)) + cost * MINUTE / self.per_minute
                return
        most, asked = number_text(math.floor(self.per_minute)), f"This takes {number_text(math.ceil(cost))} passes"
        if cost > self.per_minute:
            fits = "ask for less" if instead is None else instead(self.per_minute)
            raise EngineError(f"{asked} through the model, and at most {most} a minute are allowed here: {fits}.")
        seconds = math.ceil((cost - left) * MINUTE / self.per_minute)
        raise EngineError(
            f"{asked} through the model, and of {most} a minute {number_text(math.floor(left))} are left:"
            f" try again in {number_text(seconds)} s."
        )

    def _left(self, owner: str) -> float:
        if self.per_minute is None:
            return math.inf
        now = self._clock()
        ahead = max(0.0, self._empty.get(owner, now) - now)
        return self.per_minute - ahead * self.per_minute / MINUTE
