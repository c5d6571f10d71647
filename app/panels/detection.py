"""Within step 2: whether one could tell that the picture was attacked."""

from __future__ import annotations

import gradio as gr

import engine
from app.choices import Choices
from app.components.controls import part
from app.figures.detection import detection_figure, kept_caption
from app.figures.html import caption, empty
from app.state.found import Found
from app.text import detection as text
from app.wiring.page import Page
from app.wiring.pieces import Piece
from app.wiring.running import Running


class DetectionTest:
    """The test, folded until asked for."""

    def __init__(self) -> None:
        with gr.Accordion(text.TITLE, open=False, elem_id="detection-fold"):
            self.button, self.drawn = part(text.ASK, text.RUN, "look-for-signs", "detection", 170)
            gr.HTML(caption(kept_caption()))
        reads = ("classes", "label", "clean", "adversarial", "detection", "answer")
        self.pieces = [Piece(self.draw, [self.drawn], reads, ("detection",))]

    def wire(self, page: Page, running: Running) -> None:
        """The button scores the pictures."""
        running.button(self.button, ("detection",))

    def draw(self, found: Found, choices: Choices) -> dict:
        """The scores, or what to press."""
        if found.detection is None or found.clean is None:
            return {self.drawn: empty(text.EMPTY.format(count=len(engine.detection.SCORES)))}
        return {self.drawn: detection_figure(found)}
