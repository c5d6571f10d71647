"""Pinning a look, so that every step shows it beside the present one; and swapping the two."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace

import gradio as gr

from app.choices import DISPLAY, Choices
from app.components.naming import listed, look_differences
from app.figures.html import esc
from app.models import Models
from app.present import present
from app.state.found import Found, Pinned
from app.state.history import Look
from app.state.visitors import FIRST, Visitor
from app.text import compare as text
from app.text import words
from app.wiring.page import Page
from app.wiring.pieces import Piece

NAMED = 6  # settings that differ, named in the line
ASKING = tuple(name for name in Choices._fields if name not in DISPLAY)


class Pinning:
    """The button in the bar; and, below the bar, a line on what differs from what is pinned, with a button to swap."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self.button = gr.Button(text.PIN, elem_id="pin", scale=0, min_width=60)
        self.line: gr.HTML
        self.swap: gr.Button

    def place_line(self) -> None:
        """Build what stands below the bar."""
        with gr.Row(elem_id="pinned"):
            self.line = gr.HTML("", elem_id="pin-line")
            self.swap = gr.Button(text.SWAP, elem_id="swap", scale=0, min_width=70, visible=False)

    def wire(self, page: Page, again: Callable[[Page, Visitor], dict], fields: list) -> None:
        """`again` is how the controls and `fields` stand for a visitor."""

        def draw(found: Found, choices: Choices) -> dict:
            pinned = found.pinned
            return {
                self.button: text.PIN if pinned is None else text.UNPIN,
                self.line: "" if pinned is None else self._line(page, pinned, found, choices),
                self.swap: gr.update(visible=pinned is not None),
            }

        reads = ("pinned", "model", "picture")
        page.add([Piece(draw, [self.button, self.line, self.swap], reads, choices=ASKING)])
        page.listen(self.button.click, _pinning(page))
        fields = [*page.inputs[1:], *fields]
        page.listen(self.swap.click, _swapping(page, again), fields, alone=True, last=True)  # it has the last word

    def _line(self, page: Page, pinned: Pinned, found: Found, choices: Choices) -> str:
        now = Look(found.model, present(found.picture), choices, frozenset())
        differ = look_differences(page.controls, self.models.first.name, pinned.look, now)
        said = text.PIN_DIFFERS.format(settings=listed(differ, NAMED)) if differ else text.PIN_SAME
        away = f" {text.PIN_AWAY.format(name=pinned.look.model)}" if pinned.away else ""
        return f'<p class="pin-line" role="status">{esc(said + away)}</p>'


def _pinning(page: Page) -> Callable[..., Generator[dict]]:
    def handler(request: gr.Request, key: str) -> Generator[dict]:
        visitor = page.visitors.get(key)
        if visitor.pinned is not None:
            page.visitors.change(key, pinned=None)
            yield page.rest(key, text.UNPINNED)
        elif page.found(key).made.keys() - FIRST:
            page.visitors.change(key, pinned=visitor.look)
            yield page.rest(key, text.PINNED, "good")
        elif visitor.history.looks and visitor.history.present.asked - FIRST:  # what stands there dimmed
            page.visitors.change(key, pinned=visitor.history.present)
            yield page.rest(key, text.PINNED_LAST, "good")
        else:
            yield page.rest(key, text.NOTHING_TO_PIN)

    return handler


def _swapping(page: Page, again: Callable[[Page, Visitor], dict]) -> Callable[..., Generator[dict]]:
    def handler(request: gr.Request, key: str) -> Generator[dict]:
        visitor = page.visitors.get(key)
        if visitor.pinned is None or visitor.look is None:
            yield page.rest(key, text.NOTHING_TO_PIN)
            return
        history = visitor.history.swapped(visitor.look, visitor.pinned, page.visitors.clock())
        swapped = replace(visitor.at(visitor.pinned), pinned=visitor.look, history=history)
        if swapped.model and not page.models.ready(swapped.model):
            yield page.say(words.MODEL_LOADING.format(name=swapped.model), "busy")
        shown = again(page, swapped)  # first, as it may complain of what a link has pinned
        page.visitors.put(key, swapped)
        yield shown | page.rest(key, text.SWAPPED)

    return handler
