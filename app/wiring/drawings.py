"""Drawings that several visitors are shown: who looks at the same sample with the same settings sees the same."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from gradio.components import Component

from app.choices import Choices
from app.state.found import Found
from app.wiring.pieces import Piece

MOST_BYTES = 48 << 20
KEEP = 1800.0  # seconds; the files that a drawing names are kept for two hours
OWN = frozenset({"batch", "elsewhere", "pinned", "progress", "sweep", "transfers"})  # of a single visitor only


@dataclass(frozen=True, eq=False, slots=True)
class _Held:
    updates: dict[Component, Any]
    size: int
    when: float


class Drawings:
    """Draws pieces, each once for each state of it; bounded in bytes and time, safe to use from several threads.

    What is drawn for a picture of a visitor's own is not kept; nor is what shows controls, which may say more than the
    state does: each visitor's own choice.
    """

    def __init__(self, most: int = MOST_BYTES, keep: float = KEEP, clock: Callable[[], float] = time.monotonic) -> None:
        self.most, self.keep, self.clock = most, keep, clock
        self.size = 0
        self._lock = threading.Lock()
        self._held: OrderedDict[Hashable, _Held] = OrderedDict()

    def draw(self, piece: Piece, found: Found, choices: Choices, controls: frozenset[Component]) -> dict:
        """As `Piece.draw`; `controls` are the page's."""
        own = found.picture is None or found.picture.picture.salt
        if own or OWN.intersection(piece.reads) or controls.intersection(piece.outputs):
            return piece.draw(found, choices)
        key = (piece, found.model, *map(_hashable, piece.state(found, choices)))
        with self._lock:  # whoever asks for the same meanwhile is shown it too
            held = self._held.get(key)
            if held is None or held.when + self.keep < self.clock():
                held = self._keep(key, piece.draw(found, choices))
            self._held.move_to_end(key)
        return {output: dict(value) if isinstance(value, dict) else value for output, value in held.updates.items()}

    def _keep(self, key: Hashable, updates: dict) -> _Held:
        self._drop(key)
        held = _Held(updates, sum(len(str(value)) for value in updates.values()), self.clock())
        self._held[key] = held
        self.size += held.size
        while self.size > self.most and len(self._held) > 1:
            self._drop(next(iter(self._held)))
        return held

    def _drop(self, key: Hashable) -> None:
        dropped = self._held.pop(key, None)
        self.size -= 0 if dropped is None else dropped.size


def _hashable(value: object) -> Hashable:
    return tuple(value) if isinstance(value, list) else value
