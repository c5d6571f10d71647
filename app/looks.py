"""Two buttons that go back and forward through what a visitor has looked at."""

from __future__ import annotations

from collections.abc import Callable, Generator

import gradio as gr

from app.state.visitors import Visitor
from app.text import words as text
from app.wiring.page import Page


class LookButtons:
    """Undo and redo; what is gone to is there at once as far as its results are held."""

    def __init__(self) -> None:
        self.undo = gr.Button(text.UNDO, elem_id="undo", scale=0, min_width=60)
        self.redo = gr.Button(text.REDO, elem_id="redo", scale=0, min_width=60)

    def wire(self, page: Page, again: Callable[[Page, Visitor], dict], fields: list) -> None:
        """`again` is how the controls and `fields` stand for a visitor."""
        for button, by in ((self.undo, -1), (self.redo, 1)):
            page.listen(button.click, _going(page, again, by), [*page.inputs[1:], *fields])


def _going(page: Page, again: Callable[[Page, Visitor], dict], by: int) -> Callable[..., Generator[dict]]:
    def handler(request: gr.Request, key: str) -> Generator[dict]:
        gone = page.visitors.get(key).went(by)
        if gone is None:
            yield page.rest(key, text.NO_LOOK)
            return
        page.visitors.put(key, gone)
        yield again(page, gone) | page.rest(key, text.LOOKED[by])

    return handler
