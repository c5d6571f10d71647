"""Step 7: whether the percentages of the two defences that the mosaic compares can be trusted."""

from __future__ import annotations

from collections.abc import Collection

import gradio as gr

from app import measured
from app.choices import Choices
from app.figures.html import caption
from app.figures.reliability import reliability
from app.state.found import Found
from app.text import many as text
from app.wiring.pieces import Piece


class Reliability:
    """A fold below the mosaic, drawn for its defences and its arm; `controls` are the names of these."""

    def __init__(self, controls: Collection[str]) -> None:
        with gr.Accordion(text.TRUST, open=False, elem_id="trust", visible=bool(measured.arms())):
            self.drawn = gr.HTML(elem_id="trust-drawn")
            gr.HTML(caption(text.TRUST_CAPTION))
        self.pieces = [Piece(self.draw, [self.drawn], ("mosaic",), (), tuple(controls))]

    def draw(self, found: Found, choices: Choices) -> dict:
        """The diagrams, once the visitor has come near the mosaic; nothing where that says why the two cannot be
        compared."""
        there = found.mosaic and choices.mosaic_arm in measured.arms()
        both = choices.mosaic_left, choices.mosaic_right
        return {self.drawn: reliability(choices.mosaic_arm, *both) if there else ""}
