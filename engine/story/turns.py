"""Turns: of all computations one advances at a time, and all owners get the same time, however many computations each
has and however long theirs go on between two places where they can be cut.

A computation keeps its turn for `SLICE` seconds and gives it on at the next place where nothing is half done
(`engine.models.giving_way`), or when it ends. The next is of the owner who had the least time; who comes for the first
time begins with as much as whoever of those that are there had least. Computations of low priority go on while nobody
else waits.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable

SLICE = 0.05  # seconds
THREADS = 32
REMEMBERED = 1000  # owners whose time is
EACH = 4  # computations of one owner that are under way at once, so that others find a thread


class Turn:
    """A computation's place in the round; `work`, which must raise nothing, is called with it in a thread."""

    def __init__(self, turns: Turns, work: Callable[[Turn], None], owner: str, low: bool) -> None:
        self.work, self.owner, self.low = work, owner, low
        self.begun = False
        self.since = 0.0  # when it was last given
        self.held = 0.0  # seconds, the times before it was last given
        self.given = threading.Semaphore(0)
        self._turns = turns

    def give_way(self) -> None:
        """Let others go first if it is time, and wait for the next turn."""
        self._turns.pass_on(self)

    @property
    def seconds(self) -> float:
        """That it was held so far."""
        return self._turns.seconds_of(self)


class Turns:
    """Gives turns, and runs what they are given to in at most `threads` threads; safe to use from several threads.

    A computation has a thread from its first turn to its end; the next one begins when there is a thread for it. So
    none of them may wait for another one. `clock` gives seconds.
    """

    def __init__(self, threads: int = THREADS, slice: float = SLICE, clock: Callable[[], float] = time.monotonic):
        self.clock = clock
        self._threads, self._slice = threads, slice
        self._lock = threading.Lock()
        self._holder: Turn | None = None
        self._under_way: Counter[str] = Counter()  # by owner
        self._used: OrderedDict[str, float] = OrderedDict()  # seconds of turns by owner, as in the heading
        self._stopped, self._idle = False, threading.Event()
        self._least = 0.0  # of the owners who are there, or were when anybody was
        self._waiting: dict[bool, OrderedDict[str, deque[Turn]]] = {False: OrderedDict(), True: OrderedDict()}  # low?

    def begin(self, work: Callable[[Turn], None], owner: str = "", low: bool = False) -> Turn:
        """Have `work` called when its turn comes, and let it wait for its turns from then on."""
        turn = Turn(self, work, owner, low)
        with self._lock:
            self._queue(turn)
            if self._holder is None and not self._stopped and (first := self._next(None)):
                self._wake(first)
        return turn

    def raise_priority(self, turn: Turn) -> None:
        """Let it go round with all others from now on."""
        with self._lock:
            waits = turn.low and self._unqueue(turn)
            turn.low = False
            if waits:
                self._queue(turn)

    def seconds_of(self, turn: Turn) -> float:
        """How long this turn was held so far."""
        with self._lock:
            return self._seconds_of(turn)

    @property
    def load(self) -> tuple[int, int]:
        """How many computations are under way, and how many wait to begin."""
        with self._lock:
            queued = [turn for owners in self._waiting.values() for turns in owners.values() for turn in turns]
            return self._under_way.total(), sum(not turn.begun for turn in queued)

    def stop(self, within: float = 10.0) -> bool:
        """Give no turns any more, and wait until the one that is held now is over or can be cut; whether it was within
        so many seconds. Computations that are under way stay where they are, as those that wait do.
        """
        with self._lock:
            self._stopped = True
            if self._holder is None:
                self._idle.set()
        return self._idle.wait(within)

    def pass_on(self, turn: Turn) -> None:
        """Give the turn on, where it was held for `slice` seconds and another waits, or is of low priority and one
        waits that is not; then wait until it comes back. Others than the holder keep nobody waiting.
        """
        with self._lock:
            if self._holder is not turn:
                return
            if self._stopped:
                self._take(turn)
                self._idle.set()
            elif following := self._before(turn):
                self._queue(turn)
                self._take(turn)
                self._wake(following)
            else:
                return
        turn.given.acquire()

    def _before(self, turn: Turn) -> Turn | None:
        """Who goes first now, though this one could go on."""
        due, used = self.clock() - turn.since >= self._slice, self._used_by(turn.owner)
        found = self._next_of(False, turn.owner, math.inf if turn.low else used) if due or turn.low else None
        return self._next_of(True, turn.owner, used) if found is None and due and turn.low else found

    def _used_by(self, owner: str) -> float:
        """The seconds of an owner's turns, with those of the one that is held now."""
        holder = self._holder
        held = self.clock() - holder.since if holder is not None and holder.owner == owner else 0.0
        return self._used[owner] + held

    def _next(self, last: str | None) -> Turn | None:
        return self._next_of(False, last) or self._next_of(True, last)

    def _next_of(self, low: bool, last: str | None, most: float = math.inf) -> Turn | None:
        """The next of this priority, taken out of the queue; of owners who had the same time, the last one comes last.

        It is of nobody who had more than `most` seconds.
        """
        owners = self._waiting[low]
        if last in owners:
            owners.move_to_end(last)
        order = sorted((owner for owner in owners if self._used[owner] <= most), key=self._used.__getitem__)
        found = next((turn for owner in order for turn in owners[owner] if self._can_go(turn)), None)
        if found is not None:
            self._unqueue(found)
        return found

    def _can_go(self, turn: Turn) -> bool:
        free = self._under_way.total() < self._threads and self._under_way[turn.owner] < EACH
        return turn.begun or free

    def _queue(self, turn: Turn) -> None:
        there = {*self._under_way, *self._waiting[False], *self._waiting[True]}
        if turn.owner not in there:
            self._least = min(map(self._used_by, there), default=self._least)
            self._used[turn.owner] = max(self._used.get(turn.owner, 0.0), self._least)
            self._used.move_to_end(turn.owner)
            while len(self._used) > REMEMBERED and next(iter(self._used)) not in there:
                self._used.popitem(last=False)
        self._waiting[turn.low].setdefault(turn.owner, deque()).append(turn)

    def _unqueue(self, turn: Turn) -> bool:
        """Whether it was in the queue."""
        owners = self._waiting[turn.low]
        if turn not in owners.get(turn.owner, ()):
            return False
        owners[turn.owner].remove(turn)
        if not owners[turn.owner]:
            del owners[turn.owner]
        return True

    def _seconds_of(self, turn: Turn) -> float:
        return turn.held + (self.clock() - turn.since if self._holder is turn else 0.0)

    def _take(self, turn: Turn) -> None:
        elapsed = self.clock() - turn.since
        turn.held += elapsed
        self._used[turn.owner] += elapsed
        self._holder = None

    def _give(self, turn: Turn) -> bool:
        """Whether it needs a thread to begin in."""
        self._holder, turn.since = turn, self.clock()
        if turn.begun:
            turn.given.release()
            return False
        turn.begun = True
        self._under_way[turn.owner] += 1
        return True

    def _wake(self, turn: Turn) -> None:
        if self._give(turn):
            threading.Thread(target=self._run, args=(turn,), name="story", daemon=True).start()

    def _run(self, turn: Turn | None) -> None:
        while turn is not None:
            turn.work(turn)
            turn = self._ended(turn)

    def _ended(self, turn: Turn) -> Turn | None:
        """Give the turn on for good; what is returned begins in the thread that this one leaves."""
        with self._lock:
            self._take(turn)
            self._under_way[turn.owner] -= 1
            if not self._under_way[turn.owner]:
                del self._under_way[turn.owner]
            if self._stopped:
                self._idle.set()
                return None
            following = self._next(turn.owner)
            return following if following is not None and self._give(following) else None
