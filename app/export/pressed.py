"""Files that buttons inside drawings ask for: made when one is pressed, and downloaded at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import gradio as gr

import engine
from app.choices import Choices
from app.components.controls import served
from app.figures.journey import status
from app.present import present
from app.state.found import Found
from app.text import words as text
from app.wiring.drawing import NEXT_TURN
from app.wiring.page import Page

PRESS = """document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-NAME]');
  if (button) trigger('click', {wanted: button.dataset.NAME});
});"""
Make = Callable[[], tuple[str, bytes]]


class PressedFile:
    """Listens to all buttons of the page with an attribute `data-NAME`, whose value says which file is wanted."""

    def __init__(self, name: str) -> None:
        self.id = f"{name}-file"  # pressed by the browser once the file is there
        self.presses = gr.HTML(
            "", elem_id=f"{name}-presses", js_on_load=PRESS.replace("NAME", name), elem_classes=["unseen"]
        )
        self.file = gr.DownloadButton(text.SAVE, elem_id=self.id, elem_classes=["unseen", "pressed"])

    def wire(self, page: Page, busy: str, done: str, find: Callable[[Found, Choices, object], Make]) -> None:
        """`find` looks up what is wanted, which then is made: name and content of the file; the model is not asked.

        Either may raise `EngineError`, whose sentence is said. `busy` and `done` are said meanwhile and at the end.
        """

        def save(event: gr.EventData, request: gr.Request, *values: object) -> Iterator[dict]:
            key = present(request.session_hash)
            choices, found = present(page.choose(key, values).choices), page.found(key)
            try:
                make = find(found, choices, getattr(event, "wanted", None))
                yield page.say(busy, "busy")
                packed = served(*make())
            except engine.EngineError as error:
                yield page.say(str(error), "bad")
                return
            yield {self.file: packed, page.status: status(done, "good", press=self.id)}

        outputs = [self.file, page.status]
        self.presses.click(save, page.inputs, outputs, js=NEXT_TURN, trigger_mode="multiple", **page.quiet)
