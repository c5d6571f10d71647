"""The head of the page: which model answers, what it can know, and the offer of one that knows photographs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing

import gradio as gr

import engine
from app.components.wishes import WISH
from app.figures.header import header
from app.figures.offer import coming, standing, there
from app.models import Models
from app.text import inputs as text
from app.text import words
from app.wiring.page import Page

Switch = Callable[[Page, str, str], dict]


class Head:
    """Names the model of the page in `shown`; `offer` fetches another while the page goes on, and changes to it."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self.cancels: dict[str, threading.Event] = {}  # by visitor, of the download that the visitor waits for
        with gr.Row(elem_id="masthead"):
            self.shown = gr.HTML(header(models.first), elem_id="header")
            self.offer = gr.HTML(standing(models.first, models.first), elem_id="offer", js_on_load=WISH)
        self.outputs = [self.shown, self.offer]

    def show(self, backbone: engine.Backbone) -> dict:
        """The head for a visitor on that model."""
        return {self.shown: header(backbone), self.offer: standing(backbone, self.models.first)}

    def wire(self, page: Page, switch: Switch, outputs: list) -> None:
        """The buttons of the offer; `switch` gives the updates of `outputs` for a visitor on another model.

        The head's own are among them.
        """

        def handler(event: gr.EventData, request: gr.Request, key: str) -> Generator[dict]:
            wish, asked = getattr(event, "wish", None), engine.models.recommended_model()
            if wish == "cancel":
                self.cancels.get(key, threading.Event()).set()
                yield {page.status: gr.skip()}
            elif wish == "back":
                yield switch(page, key, self.models.first.name)
            elif wish == "use" and (asked.here or self.models.ready(asked.name)):
                yield page.say(words.MODEL_LOADING.format(name=asked.title), "busy")
                yield from self._loaded(page, key, asked)
                yield switch(page, key, asked.name)
            elif wish == "use":
                yield from self._brought(page, key, asked)

        page.listen(self.offer.click, handler, outputs)

    def _standing(self, model: str, said: str = "") -> str:
        return standing(self.models.backbone(model), self.models.first, said)

    def _loaded(self, page: Page, key: str, asked: engine.models.ModelEntry) -> Generator[dict]:
        with closing(self.models.fetch(asked.name)) as pieces:
            for _ in pieces:
                yield {page.status: gr.skip()}

    def _brought(self, page: Page, key: str, asked: engine.models.ModelEntry) -> Generator[dict]:
        """A download that the visitor sees, can cancel, and need not wait for."""
        cancel = self.cancels[key] = threading.Event()
        try:
            with closing(_timed(self.models.fetch(asked.name))) as pieces:
                for piece, left, spent in pieces:
                    if cancel.is_set():
                        yield {self.offer: self._standing(page.visitors.get(key).model, text.OFFER_CANCELLED)}
                        return
                    yield {self.offer: coming(asked, piece, left, spent)}
        except engine.EngineError as error:
            said = f"{error} {text.OFFER_WAYS}"
            yield {self.offer: self._standing(page.visitors.get(key).model, said)} | page.complain(error)
            return
        finally:
            self.cancels.pop(key, None)
        model = page.visitors.get(key).model
        yield {self.offer: self._standing(model) if model == asked.name else there(asked)}


def _timed(
    pieces: Generator[engine.results.Download | None],
) -> Generator[tuple[engine.results.Download | None, float | None, float]]:
    """Each piece with the seconds that are left of its file, None where nobody knows, and the seconds spent so far."""
    began, first = time.monotonic(), None
    with closing(pieces):
        for piece in pieces:
            now, left = time.monotonic(), None
            if piece is not None and piece.total:
                if first is None or first[0] != piece.file:
                    first = (piece.file, piece.done, now)
                brought, spent = piece.done - first[1], now - first[2]
                left = (piece.total - piece.done) * spent / brought if brought and spent > 1 else None
            yield piece, left, now - began
