"""What each visitor has chosen and asked for, kept on the server; results lie elsewhere and are found by it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from app.batch import Batch
from app.choices import Choices
from app.state.shown import Shown

FIRST = frozenset({"clean"})  # the parts that a picture is looked at with before anything is pressed


@dataclass(frozen=True, eq=False, slots=True)
class Progress:
    """The step that a run is at, and what the page is to do once with the next drawing.

    `go` is a step to open, `story` whether the whole story runs, `said` a sentence for the status line in its `tone`.
    """

    step: int | None = None
    go: int | None = None
    story: bool = False
    said: str = ""
    tone: str = "calm"


@dataclass(frozen=True, eq=False, slots=True)
class Visitor:
    """One visitor: the model (empty: the page's own), the picture, the controls, and the parts that were asked for.

    `progress` is that of a run under way.
    """

    model: str = ""
    picture: Shown | None = None
    choices: Choices | None = None
    asked: frozenset[str] = FIRST
    batch: Batch | None = None
    progress: Progress = Progress()

    def on(self, model: str, picture: Shown | None) -> Visitor:
        """The same with another model or picture, of which nothing has been asked yet."""
        batch = self.batch if model == self.model else None
        return replace(self, model=model, picture=picture, asked=FIRST, batch=batch)


class Visitors:
    """Visitors by the key of their session, bounded in time and number; safe to use from several threads."""

    def __init__(
        self, most: int = 300, keep_seconds: float = 3600, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.most, self.keep_seconds, self.clock = most, keep_seconds, clock
        self._lock = threading.RLock()
        self._kept: OrderedDict[str, tuple[Visitor, float, float]] = OrderedDict()  # with turn and time

    def get(self, key: str) -> Visitor:
        """The visitor; a new one for a newcomer and for one long gone."""
        with self._lock:
            return self._found(key)[0]

    def put(self, key: str, visitor: Visitor) -> None:
        """Keep this one; others that were not seen for longest make room."""
        with self._lock:
            self._keep(key, visitor, self._found(key)[1])

    def change(self, key: str, **fields: Any) -> Visitor:
        """The visitor with other fields, kept."""
        with self._lock:
            visitor, turn = self._found(key)
            visitor = replace(visitor, **fields)
            self._keep(key, visitor, turn)
            return visitor

    def ask(self, key: str, parts: frozenset[str]) -> Visitor:
        """The visitor, who has asked for these parts too."""
        with self._lock:
            return self.change(key, asked=self._found(key)[0].asked | parts)

    def choose(
        self, key: str, turn: float, choices: Choices, adjust: Callable[[Choices | None, Choices], Choices]
    ) -> Visitor:
        """The visitor, whose controls stand as `choices` unless the browser has sent others at a later turn.

        `adjust(before, now)` makes choices fit each other.
        """
        with self._lock:
            visitor, last = self._found(key)
            if turn < last:
                return visitor
            visitor = replace(visitor, choices=adjust(visitor.choices, choices))
            self._keep(key, visitor, turn)
            return visitor

    def done(self, key: str, progress: Progress) -> None:
        """The page has done once what `progress` asked for; nothing where another run has come since."""
        with self._lock:
            visitor, turn = self._found(key)
            if visitor.progress is progress:
                self._keep(key, replace(visitor, progress=replace(progress, go=None, said="", tone="calm")), turn)

    def drop(self, key: str) -> None:
        """Forget the visitor."""
        with self._lock:
            self._kept.pop(key, None)

    def __contains__(self, key: str) -> bool:
        with self._lock:
            self._expire()
            return key in self._kept

    def __len__(self) -> int:
        return len(self._kept)

    def _found(self, key: str) -> tuple[Visitor, float]:
        self._expire()
        if key not in self._kept:
            return Visitor(), 0.0
        visitor, turn, _ = self._kept[key]
        self._kept[key] = (visitor, turn, self.clock())
        self._kept.move_to_end(key)
        return visitor, turn

    def _keep(self, key: str, visitor: Visitor, turn: float) -> None:
        self._kept[key] = (visitor, turn, self.clock())
        self._kept.move_to_end(key)
        while len(self._kept) > self.most:
            self._kept.popitem(last=False)

    def _expire(self) -> None:
        limit = self.clock() - self.keep_seconds
        while self._kept and next(iter(self._kept.values()))[2] < limit:
            self._kept.popitem(last=False)
