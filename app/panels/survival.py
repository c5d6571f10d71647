"""Within step 2: what becomes of the attack behind what happens to pictures."""

from __future__ import annotations

import gradio as gr

import engine
from app.choices import Choices
from app.components.controls import part
from app.figures.html import caption, empty
from app.figures.survival import survival_figure
from app.state.found import Found
from app.text import survival as text
from app.wiring.page import Page
from app.wiring.pieces import Piece
from app.wiring.running import Running


class SurvivalTest:
    """The test, folded until asked for."""

    def __init__(self) -> None:
        with gr.Accordion(text.TITLE, open=False, elem_id="survival-fold"):
            self.button, self.drawn = part(text.ASK, text.RUN, "send-on", "survival", 190)
            gr.HTML(caption(text.CAPTION))
        reads = ("classes", "label", "clean", "adversarial", "survival", "answer")
        self.pieces = [Piece(self.draw, [self.drawn], reads, ("survival",))]

    def wire(self, page: Page, running: Running) -> None:
        """The button sends both pictures through every change."""
        running.button(self.button, ("survival",))

    def draw(self, found: Found, choices: Choices) -> dict:
        """The answers, or what to press."""
        if found.survival is None or found.clean is None:
            return {self.drawn: empty(text.EMPTY.format(count=len(engine.transformations.TRANSFORMATIONS)))}
        return {self.drawn: survival_figure(found)}
