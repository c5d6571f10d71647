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
from app.state.history import History, Look
from app.state.shown import Shown
from app.sweep import Sweep
from app.transfers import Transfers

Adjust = Callable[[Choices, Choices], Choices]
ECHOES = 5  # drawings that may still bring a value that the server has replaced: a slow browser sends them meanwhile
FIRST = frozenset({"clean"})  # the parts that a picture is looked at with before anything is pressed


@dataclass(frozen=True, eq=False, slots=True)
class Progress:
    """The step that a run is at, and what the page is to do once.

    `go` is a step to open, at the `turn` that says whether it has been opened, and `story` whether the whole story
    runs; with `walk`, the steps up to it are opened one after the other. `said` is a sentence for the status line, in
    its `tone`, that comes with the next drawing.
    """

    step: int | None = None
    go: int | None = None
    turn: int = 0
    story: bool = False
    walk: bool = False
    said: str = ""
    tone: str = "calm"


@dataclass(frozen=True, eq=False, slots=True)
class Replaced:
    """The values of a choice that the server has replaced, and how many more drawings may still find them."""

    values: tuple[Any, ...]
    drawings: int = ECHOES


@dataclass(frozen=True, eq=False, slots=True)
class Visitor:
    """One visitor: the model (empty: the page's own), the picture, the controls, and the parts that were asked for.

    `replaced` has the choices that the server has made and the browser has not sent back yet, `unshown` those of them
    that it has to be shown. `brought` are the class names that came with a picture: names that still are these were not
    written by the visitor; `recorded` are other choices that came with a kept picture, by name, each with what had
    stood there. With the choices `stopped` nothing is computed live: Stop was pressed at them. `history` has the looks
    at which results were seen, `pinned` is one to compare others with. `progress` is that of a run under way, `worded`
    the choices at which what it asked for was said in the status line last. `linked` is the look, with what is pinned
    beside it, that a link in the browser's address bar opens, None where it holds none. `mosaic` says that the browser
    has been near the mosaic of step 7.
    """

    model: str = ""
    picture: Shown | None = None
    choices: Choices | None = None
    replaced: Mapping[str, Replaced] = field(default_factory=dict)
    unshown: frozenset[str] = frozenset()
    brought: str = ""
    recorded: Mapping[str, tuple[object, object]] = field(default_factory=dict)
    asked: frozenset[str] = FIRST
    stopped: Choices | None = None
    batch: Batch | None = None
    sweep: Sweep | None = None
    transfers: Transfers | None = None
    history: History = History()
    pinned: Look | None = None
    progress: Progress = Progress()
    worded: Choices | None = None
    linked: tuple[Look, Look | None] | None = None
    mosaic: bool = False

    def on(self, model: str, picture: Shown | None) -> Visitor:
        """The same with another model or picture, of which nothing has been asked yet."""
        return replace(self._of(model), model=model, picture=picture, asked=FIRST)

    def _of(self, model: str) -> Visitor:
        """The same without what was computed with another model and is not found by key."""
        return self if model == self.model else replace(self, batch=None, sweep=None, transfers=None)

    @property
    def look(self) -> Look | None:
        """What is looked at now; None without a picture."""
        if self.picture is None or self.choices is None:
            return None
        return Look(self.model, self.picture, self.choices, self.asked)

    @property
    def left_link(self) -> bool:
        """Whether something else is looked at than what the link in the address bar opens."""
        if self.linked is None or self.look is None or self.replaced:  # what a link sets takes a while to come back
            return False
        look, pinned = self.linked
        return not look.same(self.look) or pinned is not self.pinned

    @property
    def own(self) -> Choices:
        """The choices without those that came with a kept picture and that the visitor has left as they came."""
        choices = present(self.choices)
        came = {name: before for name, (now, before) in self.recorded.items() if getattr(choices, name) == now}
        return choices._replace(**came)

    @property
    def looked_at_elsewhere(self) -> frozenset[str]:
        """The parts that were looked at on this picture with other settings."""
        now = self.look
        if now is None:
            return frozenset()
        others = (one for one in self.history.looks if one.model == now.model and one.picture.same(now.picture))
        return frozenset[str]().union(*(one.asked for one in others if not one.same(now)))

    def at(self, look: Look) -> Visitor:
        """The same at another look; whoever goes there shows its choices to the browser."""
        there = self._of(look.model).setting(look.choices)
        return replace(there, model=look.model, picture=look.picture, asked=look.asked)

    def went(self, by: int) -> Visitor | None:
        """The same one look back (-1) or forward (1), a swap with what is pinned included; None where there is none.

        Whether results come live is not looked at: that stays as it is.
        """
        history = self.history.went(self.look, by)
        if history is None:
            return None
        swaps = history.swaps(self.history) and self.pinned is not None and self.pinned.same(history.present)
        gone = replace(self.at(history.present), history=history, pinned=self.look if swaps else self.pinned)
        if gone.choices is None or self.choices is None:
            return gone
        return replace(gone, choices=gone.choices._replace(live=self.choices.live))

    def setting(self, choices: Choices) -> Visitor:
        """The same with choices that the server makes; whoever makes them shows them to the browser."""
        if self.choices is None:
            return replace(self, choices=choices)
        replaced = dict(self.replaced)
        for name, before in self.choices._asdict().items():
            if before != getattr(choices, name):
                known = replaced[name].values if name in replaced else ()
                replaced[name] = Replaced((*known, before))
        return replace(self, choices=choices, replaced=replaced)

    def sent(self, choices: Choices, drawing: bool) -> Visitor:
        """The same with choices as the browser has sent them, but for values that the server has replaced.

        An event may have been under way when the server set a value, and more may follow until the browser shows it.
        Who has shown it and brings the old value again means it; so does who brings it in more than `ECHOES` drawings.
        """
        replaced = {}
        for name, one in self.replaced.items():
            if getattr(choices, name) in one.values and one.drawings:
                replaced[name] = replace(one, drawings=one.drawings - drawing)
        kept = {name: getattr(self.choices, name) for name in replaced}
        return replace(self, choices=choices._replace(**kept), replaced=replaced)


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
            visitor = self._found(key)[0]
            history = visitor.history.pressed_at(visitor.choices)
            return self.change(key, asked=visitor.asked | parts, history=history)

    def choose(
        self,
        key: str,
        turn: float,
        choices: Choices,
        adjust: Callable[[Choices, Choices], Choices],
        drawing: bool = False,
    ) -> Visitor:
        """The visitor, whose controls stand as `choices` unless the browser has sent others at a later turn.

        `adjust(before, now)` makes choices fit each other.
        """
        with self._lock:
            visitor, last = self._found(key)
            if turn < last:
                return visitor
            sent = visitor.sent(choices, drawing)
            now = present(sent.choices)
            adjusted = adjust(visitor.choices or now, now)
            moved = {name for name, value in adjusted._asdict().items() if value != getattr(now, name)}
            chosen = replace(sent.setting(adjusted), unshown=visitor.unshown | moved)
            self._keep(key, chosen, turn)
            return chosen

    def unshown(self, key: str) -> dict[str, Any]:
        """The choices that the browser has to be shown, by name; it is shown them once."""
        with self._lock:
            visitor, turn = self._found(key)
            if visitor.unshown:
                self._keep(key, replace(visitor, unshown=frozenset()), turn)
            return {name: getattr(visitor.choices, name) for name in visitor.unshown}

    def set(self, key: str, choices: Choices) -> None:
        """Let the server choose; whoever calls it shows the browser what is another than before."""
        with self._lock:
            visitor, turn = self._found(key)
            self._keep(key, visitor.setting(choices), turn)

    def seen(self, key: str, look: Look) -> None:
        """The visitor has seen results of this look."""
        with self._lock:
            visitor, turn = self._found(key)
            self._keep(key, replace(visitor, history=visitor.history.seen(look, self.clock())), turn)

    def said(self, key: str, progress: Progress) -> None:
        """The status line has said what `progress` asked for; nothing where another run has come since."""
        with self._lock:
            visitor, turn = self._found(key)
            if visitor.progress is progress:
                quiet = replace(progress, said="", tone="calm")
                self._keep(key, replace(visitor, progress=quiet, worded=visitor.choices), turn)

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
