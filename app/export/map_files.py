"""A button at each map: the map over the whole picture, as a PNG file of the picture's own size."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import gradio as gr

import engine
from app.choices import Choices
from app.components.controls import served
from app.figures.journey import status
from app.figures.maps import MapFigure
from app.picture_sources import PictureSources
from app.present import present
from app.state.found import Found
from app.state.shown import Shown
from app.text import words as text
from app.wiring.drawing import NEXT_TURN
from app.wiring.page import Page

FILE = "map-file"  # pressed by the browser once the file is there
MOST_BYTES = 120  # of a picture's name in that of a file
SAVE = """document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-save]');
  if (button) trigger('click', {save: button.dataset.save});
});"""


class MapFiles:
    """Listens to the buttons of all maps on the page; `drawn` gives the maps of which there are any."""

    def __init__(self, sources: PictureSources, drawn: Callable[[Found, Choices], Iterable[MapFigure]]) -> None:
        self.sources, self.drawn = sources, drawn
        self.presses = gr.HTML("", elem_id="save-map", js_on_load=SAVE, elem_classes=["unseen"])
        self.file = gr.DownloadButton(text.SAVE, elem_id=FILE, elem_classes=["unseen"])

    def wire(self, page: Page) -> None:
        """A press draws one map at the size of its picture; the model is not asked."""

        def save(event: gr.EventData, request: gr.Request, *values: object) -> Iterator[dict]:
            key = present(request.session_hash)
            choices, found = present(page.choose(key, values).choices), page.found(key)
            wanted = getattr(event, "save", None)
            figure = next((one for one in self.drawn(found, choices) if one.key == wanted), None)
            if figure is None:
                yield page.say(text.SAVE_GONE, "bad")
                return
            yield page.say(text.SAVING, "busy")
            shown = present(found.picture)
            whole = self.sources.whole(shown, engine.overlays.LONGEST)
            if whole is None:
                yield page.say(text.SAVE_NO_FILE, "bad")
                return
            packed = served(_name(shown, figure), engine.overlays.png(figure.over(whole)))
            yield {self.file: packed, page.status: status(text.SAVED, "good", press=FILE)}

        outputs = [self.file, page.status]
        self.presses.click(save, page.inputs, outputs, js=NEXT_TURN, trigger_mode="multiple", **page.quiet)


def _name(shown: Shown, figure: MapFigure) -> str:
    """What the file is called: as the picture is, and what the map is of."""
    named = shown.name.removesuffix(Path(shown.name).suffix) if shown.file else shown.name
    plain = re.sub(r"[^\w.()\[\] -]+", "-", named).strip(" .-").encode()[:MOST_BYTES].decode(errors="ignore")
    return f"{plain or text.SAVE_UNNAMED}-{figure.key.partition(' ')[2]}.png"
