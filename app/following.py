"""What becomes of a visitor's results when controls are moved, whoever notices first.

The browser's event about a control and the press of a button may overtake each other on their way to the server. So
both bring the results in step with the controls as they stand, and the one that comes second finds nothing to do.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import engine
from app.choices import Choices
from app.session import Session, Store, Superseded
from app.tabs import Tabs


@dataclass(frozen=True)
class Change:
    """What `apply` makes of a session where one of the controls `names` has moved.

    The panels `first` to `last` show it, and the status line says `said`, if anything.
    """

    names: tuple[str, ...]
    apply: Callable[[Session, Choices], Session]
    first: int
    last: int
    said: str = ""


@dataclass(frozen=True)
class Followed:
    """The session in step with the controls, the changes that made another one of it, and what the engine refused."""

    session: Session
    done: tuple[Change, ...] = ()
    refused: engine.EngineError | None = None


class Following:
    """All changes of one page; safe to use from several threads."""

    def __init__(self, store: Store, tabs: Tabs) -> None:
        self.store, self.tabs = store, tabs
        self._changes: list[Change] = []
        self._turn = threading.Lock()

    def add(self, change: Change) -> None:
        """One more change, while a page is put together."""
        self._changes.append(change)

    def follow(self, key: str, choices: Choices, begins: bool = False) -> Followed:
        """Bring the visitor's session in step with `choices`, by every change whose controls have moved.

        They have moved if they stand otherwise than when a run began (`begins`) or something was last changed; so what
        moves before a run has come to the results it concerns is found once they are there. Where the engine refuses
        a change, no weighted answer is left: the old one is not what the controls say.
        """
        with self._turn:
            moved = [change for change in self._changes if self.tabs.moved(key, choices, change.names)]
            while True:
                before = self.store.get(key)
                found = _applied(before, moved, choices)
                try:
                    if found.done:
                        self.store.swap(key, before, found.session)
                except Superseded:
                    continue  # a run has put a result there meanwhile
                if begins or found.done:
                    self.tabs.computed(key, choices)
                return found


def _applied(session: Session, changes: list[Change], choices: Choices) -> Followed:
    done, refused = [], None
    for change in changes:
        try:
            changed = change.apply(session, choices)
        except engine.EngineError as error:
            changed, refused = session.without("ensemble"), error
        if changed is not session:
            done.append(change)
        session = changed
    return Followed(session, tuple(done), refused)
