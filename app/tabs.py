"""What a visitor may get back after a reload: a page that is loaded again is a new session to the server.

The tab's browser makes a random token, keeps it while the tab is open, and shows it when the page loads. Only what that
very token was shown before is offered; neither a link nor another tab holds it. The sessions themselves lie in the
`Store` and are gone when it lets them go.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Sequence

from app.choices import Choices
from app.session import Session, Store

TOKEN = re.compile(r"[0-9a-f]{32}")
MOST = 1000  # tabs and sessions remembered; each is a few words beside what the store holds


class Tabs:
    """Which session each tab shows, which it showed before, and how the controls stood; safe for several threads."""

    def __init__(self, store: Store, most: int = MOST) -> None:
        self.store, self.most = store, most
        self._lock = threading.Lock()
        self._shows: OrderedDict[str, str] = OrderedDict()  # token -> session's key
        self._before: OrderedDict[str, str] = OrderedDict()  # session's key -> key of what its tab showed before
        self._choices: OrderedDict[str, Choices] = OrderedDict()  # session's key -> controls
        self._computed: OrderedDict[str, Choices] = OrderedDict()  # session's key -> controls its results follow from
        self._pressed: OrderedDict[str, Choices] = OrderedDict()  # session's key -> controls of a run that waits

    def note(self, key: str, choices: Choices) -> None:
        """How the controls of the session `key` stand now."""
        with self._lock:
            self._keep(self._choices, key, choices)

    def pressed(self, key: str, choices: Choices) -> None:
        """The controls of the session `key` stand so, and a run with them is asked for, which may have to wait."""
        with self._lock:
            self._keep(self._choices, key, choices)
            self._keep(self._pressed, key, choices)

    def begun(self, key: str, choices: Choices) -> Choices:
        """How the controls stand now that a run begins, which was asked for when they stood as `choices`.

        They stand so still, unless it was noted that it was asked for: then what was noted since holds.
        """
        with self._lock:
            if self._pressed.pop(key, None) != choices:
                self._keep(self._choices, key, choices)
            return self._choices[key]

    def computed(self, key: str, choices: Choices) -> None:
        """What the session `key` computes from now on follows from these controls, which stand so now."""
        with self._lock:
            self._keep(self._choices, key, choices)
            self._keep(self._computed, key, choices)

    def moved(self, key: str, choices: Choices, names: Sequence[str]) -> bool:
        """Whether a control of `names` stands otherwise than when the session's results were computed.

        A browser tells of input too when the keyboard has only passed through a field.
        """
        with self._lock:
            before = self._computed.get(key)
        return before is None or any(getattr(before, name) != getattr(choices, name) for name in names)

    def opened(self, token: str, key: str, source: str) -> None:
        """The tab that holds `token` was loaded again, as the session `key`, with the picture `source`.

        What the tab showed before becomes its last result if anything would be lost with it; if not, the one before
        stays the last. A token of another form than 32 hexadecimal digits is no token.
        """
        if not TOKEN.fullmatch(token):
            return
        with self._lock:
            shown = self._shows.get(token)
            self._keep(self._shows, token, key)
            if shown in (None, key):
                return
            last = shown if _worth(self.store.get(shown), source) else self._before.get(shown)
            if last is not None:
                self._keep(self._before, key, last)

    def last(self, key: str) -> tuple[Session, Choices] | None:
        """What the tab of the session `key` showed before it was loaded again; None where nothing is left of that."""
        with self._lock:
            before = self._before.get(key)
            if before is None or before not in self._choices:
                return None
            session = self.store.get(before)
            return None if session.picture is None else (session, self._choices[before])

    def forget(self, key: str) -> None:
        """Drop what the tab of the session `key` showed before, here and in the store."""
        with self._lock:
            before = self._before.pop(key, None)
            if before is not None:
                self._choices.pop(before, None)
                self.store.drop(before)

    def _keep(self, kept: OrderedDict, key: str, value: object) -> None:
        kept[key] = value
        kept.move_to_end(key)
        while len(kept) > self.most:
            kept.popitem(last=False)


def _worth(session: Session, source: str) -> bool:
    """Whether a page that opens with the picture `source` lacks something that the session has."""
    if session.picture is None:
        return False
    computed = session.adversarial is not None or session.batch is not None
    return computed or not session.picture.source or session.picture.source != source
