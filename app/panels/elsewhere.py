"""Beside the picture: that it was attacked elsewhere, and what it was before, where the visitor knows that."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace

import gradio as gr

import engine
from app.choices import Choices
from app.components.upload import PictureFile, Upload
from app.components.wishes import WISH
from app.figures.html import esc
from app.picture_sources import PictureSources
from app.present import present
from app.state.found import Found
from app.state.shown import Shown
from app.state.visitors import FIRST, Visitor
from app.text import inputs as text
from app.text import words
from app.wiring.page import Page
from app.wiring.pieces import Piece

ASKED = FIRST | {"adversarial"}  # nothing is attacked for it, so it is computed at once


class Elsewhere:
    """A fold of the inputs: a field for the attacked picture of the one in use, and a button that says that the one in
    use is itself attacked."""

    def __init__(self, sources: PictureSources) -> None:
        self.sources = sources
        with gr.Accordion(text.ELSEWHERE, open=False, elem_id="elsewhere"):
            self.line = gr.HTML(elem_id="elsewhere-line", js_on_load=WISH)
            self.upload = PictureFile(
                type="filepath", image_mode=None, format="png", sources=["upload", "clipboard"], height=110,
                label=text.ELSEWHERE_UPLOAD, elem_id="elsewhere-upload", buttons=[],
            )  # fmt: skip
        self.pieces = [Piece(self.draw, [self.line], ("picture",))]

    def wire(self, page: Page) -> None:
        """An upload, and either button of the line."""

        def give(request: gr.Request, file: Upload | None, key: str) -> Generator[dict]:
            if file is None:
                yield {page.status: gr.skip()}
                return
            try:
                yield self._made(page, key, lambda sources, shown: sources.made_of(shown, file.path, file.name))
            except engine.EngineError as error:
                yield {self.upload: None} | page.complain(error)

        def press(event: gr.EventData, request: gr.Request, key: str) -> Generator[dict]:
            wish = getattr(event, "wish", None)
            if wish == "attacked":
                yield self._made(page, key, lambda sources, shown: sources.as_attacked(shown))
            elif wish == "clean":
                yield {self.upload: None} | self._made(page, key, lambda sources, shown: replace(shown, attacked=None))
            else:
                yield {page.status: gr.skip()}

        page.listen(self.upload.input, give, [self.upload], [self.upload])
        page.listen(self.line.click, press, [self.upload])

    def draw(self, found: Found, choices: Choices) -> dict:
        """What the picture in use is taken for, and how to say otherwise."""
        return {self.line: "" if found.picture is None else _line(found.picture)}

    def _made(self, page: Page, key: str, change: Callable[[PictureSources, Shown], Shown]) -> dict:
        """The visitor's picture, changed by what was made of it elsewhere."""
        visitor: Visitor = page.fitted(page.visitors.get(key))
        if visitor.picture is None:
            raise engine.EngineError(words.EMPTY["Picture"])
        sources = self.sources.on(page.backbone(visitor), present(visitor.choices).how)
        shown = change(sources, visitor.picture)
        asked = FIRST if shown.attacked is None else ASKED
        page.visitors.put(key, replace(visitor.on(visitor.model, shown), asked=asked))
        return page.rest(
            key, words.READY if shown.attacked is None else text.ELSEWHERE_READY, go=2 if asked > FIRST else 1
        )


def _line(picture: Shown) -> str:
    made = picture.attacked
    if made is None:
        own = f'<button type="button" data-do="attacked">{esc(text.ELSEWHERE_UNKNOWN)}</button>' if picture.file else ""
        return f'<div class="restore"><span>{esc(text.ELSEWHERE_WHY)}</span>{own}</div>'
    said = words.ELSEWHERE_IS.format(name=made.name) if picture.clean_known else words.ELSEWHERE_ITSELF
    button = f'<button type="button" data-do="clean">{esc(text.ELSEWHERE_BACK)}</button>'
    return f'<div class="restore"><span>{esc(said)}</span>{button}</div>'
