"""Which visitor's runs are to end, and their end: at the next layer of a model, or before the next update of the page.

On a host that lends its accelerator the layers run in another process, which does not hear of it; there a run ends with
the engine's next result.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import engine
from app.state.history import Look

REMEMBERED = 1000  # visitors whose last turns are known
NOTICE = 0.05  # seconds until a run in line notices that it is first


@dataclass(eq=False, slots=True)
class Run:
    """A run that began with the visitor's turn `turn`, and that `stop` ends once it is set.

    One that is `alone` goes on behind the others of its kind, one that is `live` is for controls that may move on.
    `pressed` is the button that began it, `about` what the visitor then looked at, None where it is about no picture;
    `left` whether it was ended because the visitor wants something else.
    """

    turn: float
    alone: bool = False
    live: bool = False
    pressed: object = None
    about: Look | None = None
    left: bool = False
    stop: threading.Event = field(default_factory=threading.Event)

    def leave(self) -> None:
        """End it for what the visitor wants in its place."""
        self.left = True
        self.stop.set()


@dataclass(frozen=True, slots=True)
class _Turns:
    """The turn at which a visitor stopped everything last, the last that a control has moved on from, and the last at
    which a button was pressed."""

    stopped: float = -1
    passed: float = -1
    pressed: float = -1

    def ends(self, run: Run) -> bool:
        return run.turn < self.stopped or (run.live and run.turn <= self.passed)


class Runs:
    """The runs that have begun and not ended, by visitor; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._going: dict[str, list[Run]] = {}
        self._turns: OrderedDict[str, _Turns] = OrderedDict()

    @contextmanager
    def begun(self, key: str, run: Run) -> Generator[Run]:
        """Inside, the visitor `key` has this run, which is to end at once where it was stopped before it began."""
        with self._lock:
            self._going.setdefault(key, []).append(run)
            turns = self._turns.get(key, _Turns())
            if turns.ends(run):
                run.stop.set()
            if not run.live:
                self._note(key, pressed=max(turns.pressed, run.turn))
        try:
            yield run
        finally:
            with self._lock:
                self._going[key].remove(run)
                if not self._going[key]:
                    del self._going[key]

    def going(self, key: str, before: float = math.inf) -> bool:
        """Whether the visitor has a run, one that began before this turn."""
        with self._lock:
            return any(run.turn < before for run in self._going.get(key, ()))

    def pressed_since(self, key: str, turn: float) -> bool:
        """Whether a run that is not live has begun, and may be over, that the visitor pressed after this turn."""
        with self._lock:
            return self._turns.get(key, _Turns()).pressed > turn

    def others(self, key: str) -> int:
        """How many other visitors have one that goes on `alone`."""
        with self._lock:
            return sum(any(run.alone for run in runs) for other, runs in self._going.items() if other != key)

    def wait_in_line(self, key: str, run: Run) -> None:
        """Wait until no run of the visitor that is `alone` stands before this one, or this one is to end."""
        while self._first(key) is not run and not run.stop.wait(NOTICE):
            pass

    def repeats(self, key: str, run: Run) -> bool:
        """Whether the visitor has pressed the same button before for what it still does.

        What it does for anything else is ended: now it is wanted for this.
        """
        with self._lock:
            others = [one for one in self._going[key] if one is not run and one.pressed is run.pressed]
            others = [one for one in others if not one.stop.is_set()]
            if any(one.about is None or run.about is None or one.about.same(run.about) for one in others):
                return True
            for one in others:
                one.leave()
            return False

    def end_others(self, key: str, run: Run) -> None:
        """End what else goes on `alone` for the visitor; `run` has the last word."""
        with self._lock:
            for other in self._going[key]:
                if other.alone and other is not run:
                    other.stop.set()

    def look(self, key: str, look: Look | None) -> None:
        """The visitor looks at this: runs that are about another picture, or another model, are ended."""
        with self._lock:
            for run in self._going.get(key, ()):
                if run.about is not None and (look is None or not run.about.on_the_same(look)):
                    run.leave()

    def stop(self, key: str, turn: float) -> None:
        """End all runs of the visitor that began before this turn, those on their way here too."""
        self._end(key, stopped=turn)

    def overtake(self, key: str, turn: float) -> None:
        """End those that are `live` and began at this turn or before it, likewise: the visitor has moved on."""
        self._end(key, passed=turn)

    def _end(self, key: str, **turns: float) -> None:
        with self._lock:
            for run in filter(self._note(key, **turns).ends, self._going.get(key, ())):
                run.stop.set()

    def _note(self, key: str, **turns: float) -> _Turns:
        self._turns[key] = replace(self._turns.get(key, _Turns()), **turns)
        self._turns.move_to_end(key)
        while len(self._turns) > REMEMBERED:
            self._turns.popitem(last=False)
        return self._turns[key]

    def _first(self, key: str) -> Run | None:
        with self._lock:
            return next((run for run in self._going.get(key, ()) if run.alone), None)


def until(stop: threading.Event, updates: Iterator) -> Iterator:
    """`updates` as they come. Once `stop` is set, `engine.models.Cancelled` is raised: before the next one, or within
    it by a layer of the model, whoever runs it.
    """
    while True:
        try:
            with engine.models.cancelled_by(stop):  # for each update anew: different threads may ask for them
                update = next(updates)
        except StopIteration:
            return
        yield update
