"""What each visitor has chosen and asked for, kept on the server; results lie elsewhere and are found by it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.batch import Batch
from app.choices import Choices
from app.present import present
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

    `set_here` are the names of choices that the server has set and the browser has not sent back yet, with the values
    that it had sent before. `progress` is that of a run under way.
    """

    model: str = ""
    picture: Shown | None = None
    choices: Choices | None = None
    set_here: Mapping[str, Any] = field(default_factory=dict)
    asked: frozenset[str] = FIRST
    batch: Batch | None = None
    progress: Progress = Progress()

    def on(self, model: str, picture: Shown | None) -> Visitor:
        """The same with another model or picture, of which nothing has been asked yet."""
        batch = self.batch if model == self.model else None
        return replace(self, model=model, picture=picture, asked=FIRST, batch=batch)

    def setting(self, choices: Choices) -> Visitor:
        """The same with choices that the server makes and the browser is to show."""
        if self.choices is None:
            return replace(self, choices=choices)
        before = self.choices._asdict()
        set_here = {name: old for name, old in before.items() if old != getattr(choices, name)}
        return replace(self, choices=choices, set_here={**self.set_here, **set_here})

    def sent(self, choices: Choices) -> Visitor:
        """The same with choices as the browser has sent them; a value that the server has replaced is no choice."""
        stale = {name: old for name, old in self.set_here.items() if old == getattr(choices, name)}
        kept = {name: getattr(self.choices, name) for name in stale}
        return replace(self, choices=choices._replace(**kept), set_here=stale)


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
    ) -> tuple[Visitor, dict[str, Any]]:
        """The visitor, whose controls stand as `choices` unless the browser has sent others at a later turn.

        `adjust(before, now)` makes choices fit each other; what it changed comes too, for the browser to show.
        """
        with self._lock:
            visitor, last = self._found(key)
            if turn < last:
                return visitor, {}
            sent = visitor.sent(choices)
            now = present(sent.choices)
            adjusted = adjust(visitor.choices, now)
            self._keep(key, sent.setting(adjusted), turn)
            changed = {name: value for name, value in adjusted._asdict().items() if value != getattr(now, name)}
            return self._kept[key][0], changed

    def set(self, key: str, choices: Choices) -> None:
        """Let the server choose; whoever calls it shows the browser what is another than before."""
        with self._lock:
            visitor, turn = self._found(key)
            self._keep(key, visitor.setting(choices), turn)

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
