"""Results by key: each computed once, in turns, whoever asks for it; bounded in bytes.

Nobody who asks drives a computation: all who ask follow it, and it ends early when the last of them has left. What
failed or was cancelled leaves nothing behind.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..models.cancellation import Cancelled
from ..results import size
from .computation import Computation, Work
from .turns import Turns


@dataclass(frozen=True, slots=True)
class _Kept:
    """A result, whose it is, its bytes, and the seconds that computing it took."""

    result: Any
    owner: str
    bytes: int
    seconds: float


class Results:
    """Results by key; safe to use from several threads.

    `most` bytes are kept in all and `most_each` of one owner, without bounds all; who asks first owns a result. Room
    is made by dropping what was not asked for longest: of the owner's own where that one has too much, else of anybody.
    What is pinned, at most `most_pinned` bytes, stays for good and counts to neither bound. Computations take the turns
    that `turns` gives (None: turns of its own). `clock` gives seconds.
    """

    def __init__(
        self,
        most: float = math.inf,
        most_each: float = math.inf,
        most_pinned: float = math.inf,
        turns: Turns | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.most, self.most_each, self.most_pinned = most, most_each, most_pinned
        self.turns = Turns() if turns is None else turns
        self.clock = clock
        self._lock = threading.Lock()
        self._pinned: dict[str, _Kept] = {}
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._bytes: Counter[str] = Counter()  # by owner, of what is not pinned
        self._asked: dict[str, float] = {}  # by owner of what is not pinned: when it was last asked for any of it
        self._running: dict[str, Computation] = {}

    def __contains__(self, key: str) -> bool:
        with self._lock:
            return key in self._pinned or key in self._kept

    def __getitem__(self, key: str) -> Any:
        """The result of this key. Raises `KeyError` where none is held."""
        with self._lock:
            return self._held(key).result

    def seconds(self, key: str) -> float:
        """What computing the result of this key took, without what it needed and whatever it waited for.

        Raises `KeyError` where none is held.
        """
        with self._lock:
            return (self._pinned.get(key) or self._kept[key]).seconds

    @property
    def bytes(self) -> int:
        """Of everything held."""
        with self._lock:
            return self._bytes.total() + self._bytes_pinned()

    def ask(self, key: str, work: Work, owner: str = "", low: bool = False) -> Iterator[Any]:
        """What `work` yields, the result last; of a result that is held only that.

        A computation of this key under way is followed from its beginning. Closing the generator leaves it; who is the
        last to leave cancels it. With `low` it is computed while nobody waits who asked without. Raises what the
        computation raises.
        """
        found = self._held_or_joined(key, work, owner, low)
        if isinstance(found, _Kept):
            yield found.result
            return
        try:
            yield from found.follow()
        finally:
            self._leave(key, found)

    def put(self, key: str, result: Any, owner: str = "", seconds: float = math.nan) -> None:
        """Hold a result that was computed elsewhere, in `seconds` where these are known; one that is held stays."""
        with self._lock:
            if key not in self._kept and key not in self._pinned:
                self._keep(key, _Kept(result, owner, size(result), seconds))

    def pin(self, *keys: str) -> bool:
        """Keep these results for good, as far as they are held; whether there was room for all of them, or for none."""
        with self._lock:
            found = {key: self._kept[key] for key in keys if key in self._kept}
            if self._bytes_pinned() + sum(kept.bytes for kept in found.values()) > self.most_pinned:
                return False
            for key in found:
                self._remove(key)
            self._pinned |= found
            return True

    def drop(self, owner: str) -> None:
        """Let go of what this owner was the first to ask for and that is not pinned."""
        with self._lock:
            self._drop(owner)

    def drop_unasked(self, seconds: float) -> None:
        """Let go of what is not pinned of each owner whose results nobody has asked for in so many seconds."""
        with self._lock:
            limit = self.clock() - seconds
            for owner in [owner for owner, asked in self._asked.items() if asked < limit]:
                self._drop(owner)

    def _held(self, key: str) -> _Kept:
        """What is held of this key, as asked for just now. Raises `KeyError` where nothing is."""
        if key in self._pinned:
            return self._pinned[key]
        self._kept.move_to_end(key)
        kept = self._kept[key]
        self._asked[kept.owner] = self.clock()
        return kept

    def _bytes_pinned(self) -> int:
        return sum(kept.bytes for kept in self._pinned.values())

    def _held_or_joined(self, key: str, work: Work, owner: str, low: bool) -> _Kept | Computation:
        with self._lock:
            if key in self._pinned or key in self._kept:
                return self._held(key)
            computation = self._running.get(key)
            if computation is None:
                computation = self._running[key] = Computation(work, partial(self._end, key, owner))
                computation.start(self.turns, owner, low)
            elif not low:
                computation.hurry()
            computation.followers += 1
            return computation

    def _leave(self, key: str, computation: Computation) -> None:
        with self._lock:
            computation.followers -= 1
            if not computation.followers:
                computation.cancel()
                if self._running.get(key) is computation:
                    del self._running[key]

    def _end(self, key: str, owner: str, computation: Computation, result: Any, seconds: float) -> None:
        with self._lock:
            if self._running.get(key) is not computation:
                raise Cancelled  # the last who followed has left
            del self._running[key]
            self._keep(key, _Kept(result, owner, size(result), seconds))

    def _keep(self, key: str, kept: _Kept) -> None:
        self._kept[key] = kept
        self._bytes[kept.owner] += kept.bytes
        self._asked[kept.owner] = self.clock()
        while self._bytes[kept.owner] > self.most_each:
            self._remove(next(one for one, other in self._kept.items() if other.owner == kept.owner))
        while self._bytes.total() > self.most:
            self._remove(next(iter(self._kept)))

    def _drop(self, owner: str) -> None:
        for key in [key for key, kept in self._kept.items() if kept.owner == owner]:
            self._remove(key)
        self._asked.pop(owner, None)

    def _remove(self, key: str) -> None:
        kept = self._kept.pop(key)
        self._bytes[kept.owner] -= kept.bytes
        if not self._bytes[kept.owner]:
            del self._bytes[kept.owner]
