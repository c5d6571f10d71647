"""A button that sets every control as a page just loaded has it on this model; picture, class names and model stay.

What is computed for the visitor ends: it was asked for with the controls as they were, and would speak after this.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace

import gradio as gr

from app.state.visitors import FIRST, Visitor
from app.text import inputs as text
from app.text import words
from app.wiring.page import Page

KEPT = ("class_names", "true_class")  # they belong to the picture


class StartOver:
    """The button below the inputs. What was looked at before is one “Undo” away."""

    def __init__(self) -> None:
        self.button = gr.Button(text.START_OVER, elem_id="start-over", size="sm")

    def wire(self, page: Page, again: Callable[[Page, Visitor], dict], fields: list) -> None:
        """`again` is how the controls and `fields` stand for a visitor."""

        def handler(request: gr.Request, key: str) -> Generator[dict]:
            visitor = page.visitors.get(key)
            if visitor.choices is None or visitor.picture is None:
                yield page.rest(key, words.EMPTY["Picture"])
                return
            begun = page.defaults._replace(**{name: getattr(visitor.choices, name) for name in KEPT})
            backbone = page.backbone(visitor)
            begun = begun.drawable(backbone)._replace(views=page.models.views(backbone))
            anew = replace(visitor.setting(begun), asked=FIRST)
            page.visitors.put(key, anew)
            yield again(page, anew) | page.rest(key, text.STARTED_OVER, go=1)

        page.listen(self.button.click, handler, [*page.inputs[1:], *fields], alone=True, last=True)
