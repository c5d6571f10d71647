"""An attack under way, drawn while it climbs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from gradio.components import Component

import engine
from app.state.parts import Question

FRAME_SECONDS = 0.2  # between two drawings of a run, so that the browser can also answer its visitor
LIVE_SECONDS = 0.4  # of what is computed live: the listener that draws has many more outputs to look through
DrawTrail = Callable[[Sequence[engine.AttackStep], Question], str]


class AttackTrail:
    """The iterations so far of one attack, drawn into `curve` with so many `seconds` between two drawings."""

    def __init__(self, curve: Component, draw: DrawTrail, question: Question, seconds: float) -> None:
        self.curve = curve
        self._draw, self._question, self._seconds = draw, question, seconds
        self._steps: list[engine.AttackStep] = []
        self._drawn = -math.inf

    def took(self, item: Any) -> bool:
        """Note what comes of a computation; whether it is an iteration and time for another drawing."""
        if not isinstance(item, engine.AttackStep):
            return False
        self._steps.append(item)
        return time.monotonic() - self._drawn >= self._seconds

    @property
    def begun(self) -> bool:
        """Whether any of it was drawn."""
        return self._drawn > -math.inf

    def drawn(self) -> dict:
        """The update that shows it."""
        self._drawn = time.monotonic()
        return {self.curve: self._draw(self._steps, self._question)}
