"""Within step 3: what every patch is read as after every layer, and the nearest words of one that is pressed."""

from __future__ import annotations

import gradio as gr

from app.choices import Choices
from app.components.controls import part
from app.components.scrubbing import BACK, SCRUB
from app.components.settings import choice
from app.figures.html import caption, empty
from app.figures.lens import CLASS_TOKEN, changed_figure, lens_figure, nearest_figure
from app.present import present
from app.state.found import Found
from app.text import lens as text
from app.wiring.page import Page
from app.wiring.pieces import Piece
from app.wiring.running import Running


class LensPart:
    """The lens, folded until asked for. Which patch is opened is a choice, kept in a hidden field of the page."""

    def __init__(self) -> None:
        with gr.Accordion(text.TITLE, open=False, elem_id="lens-fold"):
            with gr.Row(elem_classes=["controls", "redraw"]):
                reading = choice("lens", text.READS, text.READ, "lens-reading", 330)
            self.button, self.drawn = part(text.ASK, text.RUN, "read-patches", "lens-grids", 190, SCRUB)
            self.opened = gr.HTML(elem_id="lens-patch", js_on_load=BACK)
            self.curve = gr.HTML(elem_id="lens-curve")
            gr.HTML(caption(text.CAPTION))
        patch = gr.Number(CLASS_TOKEN, precision=0, visible=False)
        self.controls = {"lens": reading, "lens_patch": patch}
        reads = ("picture", "classes", "label", "clean", "adversarial", "lens")
        self.pieces = [
            Piece(self.draw, [self.drawn, self.curve], reads, ("lens",)),
            Piece(self.draw_opened, [self.opened], reads, ("lens",), ("lens_patch",)),
        ]

    def wire(self, page: Page, running: Running) -> None:
        """The button reads all pictures; a press on a patch tells its nearest words."""
        running.button(self.button, ("lens",))
        page.press(self.drawn, _pressed)
        page.press(self.opened, _pressed)

    def draw(self, found: Found, choices: Choices) -> dict:
        """The grids and how much changes, or what to press."""
        if found.lens is None:
            return {self.drawn: empty(text.EMPTY), self.curve: ""}
        return {self.drawn: lens_figure(found), self.curve: changed_figure(found)}

    def draw_opened(self, found: Found, choices: Choices) -> dict:
        """The nearest words; those of the class token where a patch is opened that is not there."""
        if found.lens is None:
            return {self.opened: ""}
        cell = int(choices.lens_patch)
        return {self.opened: nearest_figure(found, cell if 0 <= cell < _patches(found) else CLASS_TOKEN)}


def _patches(found: Found) -> int:
    return present(found.lens).attacked.leads[0].numel()


def _pressed(found: Found, choices: Choices, event: gr.EventData) -> dict:
    cell = getattr(event, "cell", None)
    if found.lens is None or not isinstance(cell, int):
        return {}
    return {"lens_patch": cell} if CLASS_TOKEN <= cell < _patches(found) else {}
