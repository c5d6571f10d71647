"""Within the settings of step 2: where in the picture the attack may change anything."""

from __future__ import annotations

import gradio as gr
import numpy as np
from gradio.components import Component
from PIL import Image

import engine
from app.choices import Choices
from app.components.marking import MARK
from app.figures.html import caption, empty, esc, note, rich
from app.figures.maps import data_uri
from app.figures.pictures import to_uint8
from app.present import present
from app.state.found import Found
from app.text import only_cells as text
from app.wiring.page import Page
from app.wiring.pieces import Piece

SIDE, QUALITY = 160, 60  # of the picture below the cells, which is for marking alone
HALF = 0.5  # of a cell that the object covers where the cell counts as its


class OnlyCells:
    """The fold with the picture and its cells. What is marked is a setting of the attack, in a hidden field."""

    def __init__(self) -> None:
        with gr.Accordion(text.TITLE, open=False, elem_id="only-cells-fold"):
            self.drawn = gr.HTML(elem_id="marking", js_on_load=MARK)
        field = gr.Textbox("", label=text.LABEL, visible=False, elem_id="only-cells")
        self.controls: dict[str, Component] = {"only_cells": field}
        self.pieces = [Piece(self.draw, [self.drawn], ("picture", "model", "grid"), (), ("attack", "only_cells"))]

    def wire(self, page: Page) -> None:
        """What is marked, and the buttons."""
        page.press(self.drawn, marked)

    def draw(self, found: Found, choices: Choices) -> dict:
        """The picture under its cells, or why there are none."""
        attack = engine.ATTACKS[choices.attack]
        if not attack.limited:
            return {self.drawn: f'<p class="fine">{esc(text.FREE.format(title=attack.title))}</p>'}
        cells = cells_now(found, choices)
        if cells is None:
            return {self.drawn: empty(text.EMPTY)}
        return {self.drawn: marking(found, cells)}


def cells_now(found: Found, choices: Choices) -> engine.cells.Cells | None:
    """The cells as they are marked, else those of the model's own grid, all of them; None without a picture."""
    try:
        marked_so = engine.cells.Cells.parse(choices.only_cells) if choices.only_cells else None
    except engine.EngineError:
        marked_so = None  # said where it is asked for
    if found.picture is None or found.grid is None:
        return None
    return marked_so or _every(found.grid)


def _every(grid: tuple[int, int]) -> engine.cells.Cells:
    """All cells of a grid; of one that is finer than a text can hold, of one that is coarser by whole numbers."""
    rows, columns = (-(-count // -(-count // engine.cells.LARGEST)) for count in grid)
    return engine.cells.Cells.of([[True] * columns] * rows)


def marking(found: Found, cells: engine.cells.Cells) -> str:
    """The picture, its cells, how many may change, and the buttons."""
    shown = present(found.picture)
    rows, columns = len(cells.marks), len(cells.marks[0])
    known = shown.mask is not None
    buttons = "".join(
        f'<button type="button" data-do="{wish}">{esc(name)}</button>'
        for wish, name in text.BUTTONS.items()
        if known or wish not in ("object", "background")
    )
    kind = "none" if cells.count == 0 else "all" if cells.count == cells.total else "some"
    said = {"none": text.NONE, "all": text.ALL, "some": text.SOME}[kind].format(count=cells.count, total=cells.total)
    field = (
        f'<div class="marking-field" role="application" tabindex="0" aria-label="{esc(text.FIELD)}"'
        f' style="grid-template:repeat({rows},1fr)/repeat({columns},1fr)"><img alt="" src="{_picture(shown.pixels)}">'
        + "<i></i>" * cells.total
        + "</div>"
    )
    return (
        f'<p class="fine">{esc(text.WHY)}</p><div class="marking" data-rows="{rows}" data-columns="{columns}"'
        f' data-cells="{cells.text}" data-on="{esc(text.CELL[True])}" data-off="{esc(text.CELL[False])}">{field}'
        f'<div class="marking-side"><div class="restore">{buttons}</div>'
        + (note(said, "warn", "!") if kind == "none" else f'<p class="marking-count">{rich(said)}</p>')
        + '<p class="fine marking-at" role="status"></p>'
        f'<p class="fine">{esc(text.OBJECT if known else text.NO_OBJECT)}</p></div></div>{caption(text.CAPTION)}'
    )


def _picture(pixels) -> str:
    small = Image.fromarray(to_uint8(pixels))
    small.thumbnail((SIDE, SIDE))
    return data_uri(np.asarray(small), "WEBP", quality=QUALITY)


def marked(found: Found, choices: Choices, event: gr.EventData) -> dict[str, str]:
    """What the cells become by what was marked, or by a button; nothing for what the browser may have made up."""
    now = cells_now(found, choices)
    if now is None or not engine.ATTACKS[choices.attack].limited:
        return {}
    sent, wish = getattr(event, "cells", None), getattr(event, "wish", None)
    try:
        asked = engine.cells.Cells.parse(sent) if isinstance(sent, str) else _wished(found, now, wish)
    except engine.EngineError:
        return {}
    if asked is None:
        return {}
    return {"only_cells": "" if asked.count == asked.total else asked.text}


def _wished(found: Found, now: engine.cells.Cells, wish: object) -> engine.cells.Cells | None:
    marks, mask = np.array(now.marks), present(found.picture).mask
    if wish in ("object", "background") and mask is not None:
        inside = engine.measures.coverage(mask, marks.shape).numpy() >= HALF
        return engine.cells.Cells.of(inside if wish == "object" else ~inside)
    made = {"everything": marks | True, "nothing": marks & False, "other": ~marks}.get(str(wish))
    if made is None:
        return None
    return _every(present(found.grid)) if wish == "everything" else engine.cells.Cells.of(made)
