"""The poster as a file: a picture or a page to print."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import gradio as gr

from app.components.controls import served
from app.figures.journey import status
from app.figures.printed import printed_poster
from app.present import present
from app.text import words as text
from app.wiring.drawing import NEXT_TURN
from app.wiring.page import Page

FILE = "poster-file"  # pressed by the browser once the file is there
KINDS: dict[str, dict[str, Any]] = {"png": {"dpi": 160}, "pdf": {"metadata": {"CreationDate": None}}}
SAVE = """document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-poster]');
  if (button) trigger('click', {poster: button.dataset.poster});
});"""


class PosterFile:
    """Listens to the buttons below the poster."""

    def __init__(self) -> None:
        self.presses = gr.HTML("", elem_id="save-poster", js_on_load=SAVE, elem_classes=["unseen"])
        self.file = gr.DownloadButton(text.SAVE, elem_id=FILE, elem_classes=["unseen"])

    def wire(self, page: Page) -> None:
        """A press draws it for print; the model is not asked."""

        def save(event: gr.EventData, request: gr.Request, *values: object) -> Iterator[dict]:
            key, kind = present(request.session_hash), getattr(event, "poster", None)
            page.choose(key, values)
            found = page.found(key)
            if kind not in KINDS or found.adversarial is None:
                yield page.say(text.POSTER_GONE, "bad")
                return
            yield page.say(text.POSTER_DRAWING, "busy")
            buffer = io.BytesIO()
            printed_poster(found).savefig(buffer, format=kind, **KINDS[kind])
            packed = served(f"a-tpt-poster.{kind}", buffer.getvalue())
            yield {self.file: packed, page.status: status(text.POSTER_SAVED, "good", press=FILE)}

        outputs = [self.file, page.status]
        self.presses.click(save, page.inputs, outputs, js=NEXT_TURN, trigger_mode="multiple", **page.quiet)
