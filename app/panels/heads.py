"""Within step 3: every layer and head of the model, what a patch reads from the others, and answers layer by layer."""

from __future__ import annotations

import gradio as gr
import torch
from torch import Tensor

import engine
from app.choices import Choices
from app.components.controls import menu
from app.components.tiles import PICK
from app.figures.curves import Line, curve
from app.figures.ground import Ground, backdrops
from app.figures.heads import head_grid, opened_tile
from app.figures.html import caption, differing, empty, esc, section
from app.figures.map_rows import in_a_row
from app.figures.maps import Look, MapFigure, difference_map, heat_map, ringed
from app.present import present
from app.state.found import Found
from app.state.parts import HeadsPair
from app.text import attention as text
from app.text import words
from app.wiring.page import Page
from app.wiring.pieces import Piece
from app.wiring.running import Running

LONG = 2.0  # a token this many times as long as the median of its layer is outlined
CLASS_TOKEN = -1  # in place of the number of a patch
PICK_PATCH = """const tell = (cell) => {
  const opened = element.querySelector('[data-head]');
  if (opened) trigger('click', {head: Number(opened.dataset.head), cell});
};
element.tabIndex = 0;
const grid = document.querySelector('#heads');
const press = () => {
  const opened = element.querySelector('[data-head]')?.dataset.head;
  for (const tile of grid.querySelectorAll('[data-index]')) {
    const pressed = String(tile.dataset.index === opened);
    if (tile.ariaPressed !== pressed) tile.ariaPressed = pressed;
  }
};
const drawn = {childList: true, subtree: true, attributeFilter: ['data-head', 'data-index', 'aria-pressed']};
for (const part of [element, grid]) new MutationObserver(press).observe(part, drawn);
element.addEventListener('click', (event) => {
  const cell = event.target.closest('[data-cell]');
  if (cell) tell(Number(cell.dataset.cell));
  if (event.target.closest('[data-back]')) tell(-1);
});
element.addEventListener('keydown', (event) => {
  const opened = element.querySelector('[data-head]');
  const step = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
  if (!opened || !step) return;
  event.preventDefault();
  const {rows, columns, at} = Object.fromEntries(['rows', 'columns', 'at'].map((n) => [n, Number(opened.dataset[n])]));
  const within = (value, count) => Math.min(count - 1, Math.max(0, value));
  if (at < 0) return tell(0);
  tell(within(Math.floor(at / columns) + step[0], rows) * columns + within(at % columns + step[1], columns));
});"""


WALK_HEADS = """
const rows = () => [...element.querySelectorAll('.head-row')].map((row) => [...row.querySelectorAll('[data-index]')]);
element.addEventListener('focusin', ({target}) => {
  if (target.dataset.index) for (const tile of rows().flat()) tile.tabIndex = tile === target ? 0 : -1;
});
element.addEventListener('keydown', (event) => {
  const step = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
  const all = rows(), at = all.findIndex((row) => row.includes(event.target));
  if (!step || at < 0) return;
  event.preventDefault();
  all[at + step[0]]?.[all[at].indexOf(event.target) + step[1]]?.focus();
});"""


class HeadsBrowser:
    """The lower half of step 3. What is opened, beside the heads, or a sheet over them where that is narrow, is a
    choice, kept in hidden fields of the page."""

    def __init__(self) -> None:
        with gr.Row(elem_classes=["controls", "redraw", "part"]):
            which = menu(text.HEADS_PICTURES, "clean", text.HEADS_PICTURE, "heads-which", 150)
            order = menu(text.HEADS_ORDERS, "number", text.HEADS_ORDER, "heads-order", 200)
            self.button = gr.Button(text.HEADS_LOOK, elem_id="look-inside", min_width=130, scale=0)
        with gr.Row(elem_id="attention-heads"):
            self.heads = gr.HTML(elem_id="heads", js_on_load=PICK + WALK_HEADS)
            self.opened = gr.HTML(elem_id="head-opened", js_on_load=PICK_PATCH)
        self.layers = gr.HTML(elem_id="layer-answers")
        self.caption = gr.HTML()
        opened = {name: gr.Number(CLASS_TOKEN, precision=0, visible=False) for name in ("opened_head", "opened_patch")}
        self.controls = {"heads_which": which, "heads_order": order} | opened
        grid, shows = ("colours", "scale", "heads_which", "heads_order"), ("heads",)
        look = ("colours", "cells", "scale", *opened)
        self.pieces = [
            Piece(self.draw_grid, [self.heads], ("heads",), shows, grid),
            Piece(self.draw_opened, [self.opened], ("picture", "adversarial", "heads"), shows, look),
            Piece(self.draw_layers, [self.layers, self.caption], ("heads", "adversarial", "classes"), shows),
        ]

    def wire(self, page: Page, running: Running) -> None:
        """The button runs the model once on either picture; presses open a head or ask one of its patches."""
        running.button(self.button, ("heads",))
        page.press(self.heads, _head_pressed)
        page.press(self.opened, _patch_pressed)

    def draw_grid(self, found: Found, choices: Choices) -> dict:
        """Every head of one picture, or what to press."""
        if found.heads is None:
            return {self.heads: empty(text.HEADS_EMPTY)}
        pair, look = found.heads, Look.of(choices)
        which = "attacked" if pair.clean is None else choices.heads_which
        shown = pair.both[-1 if which == "attacked" else 0]
        scale = engine.overlays.scale_of(*(heads.attention.numpy() for heads in pair.both), low=0.0)
        order = _order(pair, shown, choices.heads_order)
        drawn = head_grid(shown.attention, scale if look.shared else None, look, order, shown.entropies)
        title = text.HEADS_TITLE.format(picture=text.HEADS_PICTURES[which])
        return {self.heads: section(title, drawn, text.HEADS_SHARED if look.shared else text.HEADS_OWN)}

    def draw_opened(self, found: Found, choices: Choices) -> dict:
        """The opened head in both pictures: what its class token or one of its patches reads.

        Of places that there are not, the first head of the last layer is opened, or its class token read.
        """
        pair = found.heads
        if pair is None:
            return {self.opened: ""}
        heads, rows, columns = pair.attacked.attention.shape[1:]
        place, cell = _opened(pair, choices)
        layer, head = divmod(place, heads)
        look = Look.of(choices)
        figures = opened_maps(found, choices)
        drawn = backdrops(*(figure.ground for figure in figures[:2])) + in_a_row(figures)
        back = "" if cell == CLASS_TOKEN else f'<button type="button" data-back>{esc(text.HEADS_BACK)}</button> '
        legend = " ".join((text.HEADS_PRESS, text.HEADS_OUTLINE, _long_ones(pair, layer)))
        body = (
            f'<div data-head="{place}" data-at="{cell}" data-rows="{rows}" data-columns="{columns}">{drawn}'
            f'<p class="fine">{back}{esc(legend)}</p></div>'
        )
        reader = text.HEADS_PATCH.format(row=cell // columns + 1, column=cell % columns + 1)
        name = text.HEAD.format(layer=layer + 1, head=head + 1)
        title = text.HEADS_OPENED.format(
            head=name[0].upper() + name[1:], reader=text.HEADS_CLASS if cell == CLASS_TOKEN else reader
        )
        hint = text.MAP_SHARED if look.shared else text.MAP_OWN
        return {self.opened: opened_tile(place, name) + section(title, body, hint)}

    def draw_layers(self, found: Found, choices: Choices) -> dict:
        """The answers after each layer."""
        if found.heads is None:
            return {self.layers: "", self.caption: ""}
        return {self.layers: _answers(found), self.caption: caption(text.HEADS_CAPTION)}


def _head_pressed(found: Found, choices: Choices, event: gr.EventData) -> dict:
    place = getattr(event, "index", None)
    if found.heads is None or not isinstance(place, int) or not 0 <= place < found.heads.attacked.entropies.numel():
        return {}
    return {"opened_head": place, "opened_patch": CLASS_TOKEN}


def _patch_pressed(found: Found, choices: Choices, event: gr.EventData) -> dict:
    cell = getattr(event, "cell", None)
    if found.heads is None or not isinstance(cell, int):
        return {}
    rows, columns = found.heads.attacked.attention.shape[-2:]
    return {"opened_patch": cell} if CLASS_TOKEN <= cell < rows * columns else {}


def _order(pair: HeadsPair, shown: engine.maps.AttentionHeads, order: str) -> list[list[int]]:
    """The heads of each layer, in the order asked for."""
    moved = (pair.both[0].attention - pair.attacked.attention).abs().flatten(2).sum(-1)
    by_number = torch.arange(moved.shape[1]).expand_as(moved)
    ranks = {"focused": shown.entropies, "moved": -moved}.get(order, by_number)
    return ranks.argsort(dim=-1, stable=True).tolist()


def _opened(pair: HeadsPair, choices: Choices) -> tuple[int, int]:
    """The opened head and the patch that is read; the first head of the last layer and its class token where there is
    none such."""
    layers, heads, rows, columns = pair.attacked.attention.shape
    place, cell = int(choices.opened_head), int(choices.opened_patch)
    place = place if 0 <= place < layers * heads else (layers - 1) * heads
    return place, cell if 0 <= cell < rows * columns else CLASS_TOKEN


def opened_maps(found: Found, choices: Choices) -> tuple[MapFigure, ...]:
    """What the opened head reads in the clean picture, in the attacked one, and the difference; in the attacked one
    alone where the clean one is not known. The patch that reads, if it is one, has a ring."""
    drawn, (_, cell) = _opened_maps(found, choices), _opened(present(found.heads), choices)
    return drawn if cell == CLASS_TOKEN else tuple(ringed(figure, cell) for figure in drawn)


def _opened_maps(found: Found, choices: Choices) -> tuple[MapFigure, ...]:
    pair, shown, look = present(found.heads), present(found.picture), Look.of(choices)
    heads, columns = pair.attacked.attention.shape[1], pair.attacked.attention.shape[-1]
    place, cell = _opened(pair, choices)
    layer, head = divmod(place, heads)
    values = [_read(each, layer, head, cell) for each in pair.both]
    scale = engine.overlays.scale_of(*(each.numpy() for each in values), low=0.0) if look.shared else None
    below = Ground.of(shown, shown.pixels, "head-clean")
    above = Ground.of(shown, present(found.adversarial).saved, "head-attacked")
    patch = "" if cell == CLASS_TOKEN else f"-row-{cell // columns + 1}-column-{cell % columns + 1}"
    key = f"head layer-{layer + 1}-head-{head + 1}{patch}"
    maps = [(words.MAP_ATTACKED, "attacked", values[-1], above, pair.attacked)]
    if pair.clean is not None:
        maps.insert(0, (words.MAP_CLEAN, "clean", values[0], below, pair.clean))
    drawn = [
        heat_map(
            name, read, ground, scale or engine.overlays.scale_of(read.numpy(), low=0.0), look,
            marked=_long(each, layer), key=f"{key}-{which}",
        )
        for name, which, read, ground, each in maps
    ]  # fmt: skip
    if pair.clean is None:
        return tuple(drawn)
    beside, change = scale.high if scale else None, values[1] - values[0]
    moved = difference_map(words.MAP_DIFFERENCE, change, below, look, beside=beside, key=f"{key}-difference")
    return (*drawn, moved)


def _read(heads: engine.maps.AttentionHeads, layer: int, head: int, cell: int) -> Tensor:
    if cell == CLASS_TOKEN:
        return heads.attention[layer, head]
    return heads.from_patch(*divmod(cell, heads.attention.shape[-1]))[layer, head]


def _long(heads: engine.maps.AttentionHeads, layer: int) -> Tensor:
    """Which patches' tokens are far longer than the others' after `layer`, (gh, gw)."""
    norms = heads.norms[layer]
    return norms > LONG * norms.median()


def _long_ones(pair: HeadsPair, layer: int) -> str:
    counts = [int(_long(heads, layer).sum()) for heads in pair.both]
    if not any(counts):
        return text.HEADS_NONE_LONG
    if pair.clean is None:
        return text.HEADS_LONG_ATTACKED.format(attacked=counts[0])
    return text.HEADS_LONG.format(clean=counts[0], attacked=counts[1])


def _answers(found: Found) -> str:
    """The probability of the attacked class, and of the answer that stands now, read off after each layer."""
    pair, hit, names = present(found.heads), present(found.adversarial), present(found.classes).names
    lines = []
    for name, kind, label, heads in (
        (text.HEADS_TRUE_CLEAN, "clean", hit.label, pair.clean),
        (text.HEADS_TRUE_ATTACKED, "attacked", hit.label, pair.attacked),
        (text.HEADS_NOW_ATTACKED, "line-3", hit.after_saved.label, pair.attacked),
    ):
        if heads is not None:
            lines.append(Line(name, kind, heads.logits.softmax(-1)[:, label].tolist()))
    drawn = curve(text.HEADS_LAYERS, lines, "layer", "probability", len(pair.attacked.logits), first=1, share=True)
    answer = differing(hit.after_saved.name, names[hit.label])
    asked = f"{esc(text.HEADS_PUSHED)}: “{esc(names[hit.label])}”; {esc(text.HEADS_NOW)}: “{answer}”"
    return section(text.HEADS_LAYERS, f'<p class="fine">{asked}</p>{drawn}', text.HEADS_LAYERS_HINT)
