"""What a visitor may get back after a reload: a page that is loaded again is a new session to the server.

The tab's browser makes a random token, keeps it while the tab is open, and shows it when the page loads. Only what that
very token was shown before is offered; neither a link nor another tab holds it. The visitors themselves lie in
`Visitors` and are gone when it lets them go.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict

from app.state.visitors import FIRST, Visitor, Visitors

TOKEN = re.compile(r"[0-9a-f]{32}")
MOST = 1000  # tabs and sessions remembered; each is a few words


class Tabs:
    """Which session each tab shows, and which it showed before; safe to use from several threads."""

    def __init__(self, visitors: Visitors, most: int = MOST) -> None:
        self.visitors, self.most = visitors, most
        self._lock = threading.Lock()
        self._shows: OrderedDict[str, str] = OrderedDict()  # token -> session's key
        self._before: OrderedDict[str, str] = OrderedDict()  # session's key -> key of what its tab showed before

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
            if shown is None or shown == key:
                return
            last = shown if _worth(self.visitors.get(shown), source) else self._before.get(shown)
            if last is not None:
                self._keep(self._before, key, last)

    def last(self, key: str) -> Visitor | None:
        """Who the tab of the session `key` was before it was loaded again; None where nothing is left of that."""
        with self._lock:
            before = self._before.get(key)
            if before is None:
                return None
            visitor = self.visitors.get(before)
            return None if visitor.picture is None or visitor.choices is None else visitor

    def forget(self, key: str) -> None:
        """Drop what the tab of the session `key` showed before, here and among the visitors."""
        with self._lock:
            before = self._before.pop(key, None)
            if before is not None:
                self.visitors.drop(before)

    def _keep(self, kept: OrderedDict[str, str], key: str, value: str) -> None:
        kept[key] = value
        kept.move_to_end(key)
        while len(kept) > self.most:
            kept.popitem(last=False)


def _worth(visitor: Visitor, source: str) -> bool:
    """Whether a page that opens with the picture `source` lacks something that the visitor has."""
    if visitor.picture is None:
        return False
    made = (visitor.batch, visitor.sweep, visitor.pinned)
    computed = visitor.asked != FIRST or any(one is not None for one in made)
    return computed or not visitor.picture.source or visitor.picture.source != source
