"""Within step 6: the pictures of the story as points, and the view whose point is pressed."""

from __future__ import annotations

import gradio as gr

import engine
from app.choices import Choices
from app.components.controls import part
from app.components.tiles import PICK, pressed_view
from app.export.animation_file import AnimationFile
from app.figures.html import caption, differing, empty, esc, percent, section
from app.figures.judged import judged
from app.figures.pictures import thumbnail, to_uint8
from app.figures.places import places_figure
from app.models import Models
from app.present import present
from app.state.found import Found
from app.text import animation as animated
from app.text import places as text
from app.wiring.page import Page
from app.wiring.pieces import Piece
from app.wiring.running import Running

SAVE = f'<div class="poster-save"><button type="button" data-animation="gif">{esc(animated.SAVE)}</button></div>'
OPENED = "stroke:var(--ink);stroke-width:3px"


class PlacesPart:
    """The plane, folded until asked for."""

    def __init__(self, models: Models) -> None:
        self.file = AnimationFile(models)
        with gr.Accordion(text.TITLE, open=False, elem_id="plane-fold"):
            self.button, self.drawn = part(text.ASK, text.RUN, "show-plane", "plane", 210, PICK)
            self.view = gr.HTML(elem_id="plane-view")
            gr.HTML(caption(text.CAPTION))
        reads = ("classes", "label", "clean", "adversarial", "views", "steps", "ensemble", "placed", "answer")
        self.pieces = [
            Piece(self.draw, [self.drawn], reads, ("placed",)),
            Piece(self.draw_view, [self.view], reads, ("placed",), ("opened_view",)),
        ]

    def wire(self, page: Page, running: Running) -> None:
        """The button places the pictures, another saves the animation; a press on a point opens its view."""
        running.button(self.button, ("placed",))
        self.file.wire(page)
        page.press(self.drawn, pressed_view)

    def draw(self, found: Found, choices: Choices) -> dict:
        """The plane, or what to press."""
        return {self.drawn: places_figure(found) + SAVE if found.whole_plane else empty(text.EMPTY)}

    def draw_view(self, found: Found, choices: Choices) -> dict:
        """The view that is opened, ringed on the plane."""
        if not found.whole_plane:
            return {self.view: ""}
        view = int(choices.opened_view)
        return {self.view: _view(found, view if view < len(present(found.views)) else 0)}


def _view(found: Found, view: int) -> str:
    views, weights = present(found.views), present(found.ensemble).weights
    answer = engine.Prediction(views.classes, found.steps[-1].logits[view])
    name = differing(answer.name, views.classes.names[present(found.reference)])
    first = engine.Prediction(views.classes, found.steps[0].logits[view])
    said = text.VIEW_SAID.format(
        share=percent(answer.confidence), weight=percent(float(weights[view])), even=percent(1 / len(views)),
        before=text.BEFORE.format(name=first.name, share=percent(first.confidence)),
    )  # fmt: skip
    said += text.VIEW_DRIVES * (view in found.steps[-1].kept.tolist())
    ring = f'<style>#plane [data-index="{view}"] :is(circle,rect){{{OPENED}}}</style>'
    body = (
        f'{ring}<div class="placed-view"><img src="{thumbnail(to_uint8(views.pixels[view]))}" alt="'
        f'{esc(text.ALT.format(view=view))}"><div><p>{judged(found, answer)} {name} {esc(said)}</p>'
        f'<p class="fine">{esc(text.VIEW_PRESS)}</p></div></div>'
    )
    return section(text.VIEW.format(view=view), body)
