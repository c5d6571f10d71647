"""A button at each map: the map over the whole picture, as a PNG file of the picture's own size."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import engine
from app.choices import Choices
from app.export.names import plain
from app.export.pressed import Make, PressedFile
from app.figures.maps import MapFigure
from app.picture_sources import PictureSources
from app.present import present
from app.state.found import Found
from app.state.shown import Shown
from app.text import attention as text
from app.wiring.page import Page


class MapFiles:
    """What the buttons of all maps on the page give; `drawn` are the maps that there are."""

    def __init__(self, sources: PictureSources, drawn: Callable[[Found, Choices], Iterable[MapFigure]]) -> None:
        self.sources, self.drawn = sources, drawn
        self.pressed = PressedFile("save")

    def wire(self, page: Page) -> None:
        """A press draws one map at the size of its picture."""
        self.pressed.wire(page, text.SAVING, text.SAVED, self._find)

    def _find(self, found: Found, choices: Choices, wanted: object) -> Make:
        figure = next((one for one in self.drawn(found, choices) if one.key == wanted), None)
        if figure is None:
            raise engine.EngineError(text.SAVE_GONE)
        return partial(self._file, present(found.picture), figure)

    def _file(self, shown: Shown, figure: MapFigure) -> tuple[str, bytes]:
        whole = self.sources.whole(shown, engine.overlays.LONGEST)
        if whole is None:
            raise engine.EngineError(text.SAVE_NO_FILE)
        return _name(shown, figure), engine.overlays.png(figure.over(whole))


def _name(shown: Shown, figure: MapFigure) -> str:
    """What the file is called: as the picture is, and what the map is of."""
    named = shown.name.removesuffix(Path(shown.name).suffix) if shown.file else shown.name
    return f"{plain(named)}-{figure.key.partition(' ')[2]}.png"
