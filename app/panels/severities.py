"""Within the settings of step 2: ordinary damage in all its severities, where that is the attack."""

from __future__ import annotations

import gradio as gr

from app.choices import Choices
from app.components.controls import part
from app.figures.html import caption, empty
from app.figures.severities import severities_figure
from app.state.found import Found
from app.text import severities as text
from app.wiring.page import Page
from app.wiring.pieces import Piece
from app.wiring.running import Running

ATTACK = "corruption"


class SeveritiesStrip:
    """A button and the strip; nothing of it is there for other attacks."""

    def __init__(self) -> None:
        with gr.Column(visible=False) as self.all:
            self.button, self.drawn = part(text.ASK, text.RUN, "show-severities", "severities", 190)
            gr.HTML(caption(text.CAPTION))
        reads = ("classes", "label", "clean", "severities", "answer")
        self.pieces = [
            Piece(self.draw, [self.drawn], reads, ("severities",)),
            Piece(self.fit, [self.all], (), choices=("attack",)),  # type: ignore[list-item]
        ]

    def wire(self, page: Page, running: Running) -> None:
        """The button damages the picture five times."""
        running.button(self.button, ("severities",))

    def fit(self, found: Found, choices: Choices) -> dict:
        """Whether it is there."""
        return {self.all: gr.update(visible=choices.attack == ATTACK)}

    def draw(self, found: Found, choices: Choices) -> dict:
        """The strip, or what to press."""
        return {self.drawn: empty(text.EMPTY) if found.severities is None else severities_figure(found)}
