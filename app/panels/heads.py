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
from app.figures.heads import head_grid
from app.figures.html import caption, differing, empty, esc, section
from app.figures.maps import Look, difference_map, heat_map, upper_end
from app.page import Page
from app.present import present
from app.session import HeadsPair, Session
from app.text import words as text

LONG = 2.0  # a token this many times as long as the median of its layer is outlined
CLASS_TOKEN = -1  # in place of the number of a patch
PICK_PATCH = """const tell = (cell) => {
  const opened = element.querySelector('[data-head]');
  if (opened) trigger('click', {head: Number(opened.dataset.head), cell});
};
element.tabIndex = 0;
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


class HeadsBrowser:
    """The lower half of step 3. What is opened is kept in a hidden field of the page, so this object has no state."""

    def __init__(self) -> None:
        with gr.Row(elem_classes=["controls", "redraw", "part"]):
            self.which = menu(text.HEADS_PICTURES, "clean", text.HEADS_PICTURE, "heads-which", 150)
            self.order = menu(text.HEADS_ORDERS, "number", text.HEADS_ORDER, "heads-order", 200)
            self.button = gr.Button(text.HEADS_LOOK, elem_id="look-inside", min_width=130, scale=0)
        with gr.Row(elem_id="attention-heads"):
            self.heads = gr.HTML(elem_id="heads", js_on_load=PICK)
            self.layers = gr.HTML(elem_id="layer-answers")
        self.opened = gr.HTML(elem_id="head-opened", js_on_load=PICK_PATCH)
        self.place = gr.JSON(None, visible=False)
        self.caption = gr.HTML()
        self.outputs = [self.heads, self.opened, self.layers, self.place, self.caption]

    def wire(self, page: Page) -> None:
        """The button runs the model once on either picture; all else draws again."""
        page.press(self.button, page.story.work_on("heads"))
        own = [self.which, self.order]
        for control in (*own, page.controls["colours"], page.controls["scale"]):
            page.redraw(control, self._heads, [self.heads], own)
        for name in ("colours", "cells", "scale"):
            page.redraw(page.controls[name], self._again, [self.opened, self.place], [self.place])
        page.pick(self.heads.click, self._head_pressed, [self.opened, self.place])
        page.pick(self.opened.click, self._patch_pressed, [self.opened, self.place])

    def draw(self, session: Session, choices: Choices) -> dict:
        """Everything as the session has it, with the first head of the last layer opened."""
        if session.heads is None:
            nothing = dict.fromkeys((self.opened, self.layers, self.caption), "") | {self.place: None}
            return {self.heads: empty(text.HEADS_EMPTY)} | nothing
        layers, heads = session.heads.clean.entropies.shape
        drawn = self._heads(session, choices, "clean", "number")
        drawn |= self._open(session, choices, (layers - 1) * heads, CLASS_TOKEN)
        return drawn | {self.layers: _answers(session), self.caption: caption(text.HEADS_CAPTION)}

    def _heads(self, session: Session, choices: Choices, which: str, order: str) -> dict:
        if session.heads is None:
            return {}
        pair, look = session.heads, Look.of(choices)
        shown = pair.attacked if which == "attacked" else pair.clean
        scale = (0.0, upper_end(pair.clean.attention.numpy(), pair.attacked.attention.numpy()))
        drawn = head_grid(
            shown.attention, scale if look.shared else None, look, _order(pair, shown, order), shown.entropies
        )
        title = text.HEADS_TITLE.format(picture=text.HEADS_PICTURES[which])
        return {self.heads: section(title, drawn, text.HEADS_SHARED if look.shared else text.HEADS_OWN)}

    def _head_pressed(self, session: Session, choices: Choices, event: gr.EventData) -> dict:
        return self._open(session, choices, getattr(event, "index", None), CLASS_TOKEN)

    def _patch_pressed(self, session: Session, choices: Choices, event: gr.EventData) -> dict:
        return self._open(session, choices, getattr(event, "head", None), getattr(event, "cell", None))

    def _again(self, session: Session, choices: Choices, place: object) -> dict:
        """What is opened, drawn as is now chosen; the browser may have made `place` up."""
        return self._open(session, choices, *place) if isinstance(place, list) and len(place) == 2 else {}

    def _open(self, session: Session, choices: Choices, place: object, cell: object) -> dict:
        """Head `place`, counted through all layers, of both pictures: what its class token or its patch `cell` reads.

        Places that there are not change nothing.
        """
        pair = session.heads
        if pair is None or not isinstance(place, int) or not isinstance(cell, int):
            return {}
        layers, heads, rows, columns = pair.clean.attention.shape
        if not (0 <= place < layers * heads and CLASS_TOKEN <= cell < rows * columns):
            return {}
        layer, head = divmod(place, heads)
        look = Look.of(choices)
        drawn = _opened(session, look, layer, head, cell)
        back = "" if cell == CLASS_TOKEN else f'<button type="button" data-back>{esc(text.HEADS_BACK)}</button> '
        legend = " ".join((text.HEADS_PRESS, text.HEADS_OUTLINE, _long_ones(pair, layer)))
        body = (
            f'<div data-head="{place}" data-at="{cell}" data-rows="{rows}" data-columns="{columns}">{drawn}'
            f'<p class="fine">{back}{esc(legend)}</p></div>'
        )
        reader = text.HEADS_PATCH.format(row=cell // columns + 1, column=cell % columns + 1)
        title = text.HEADS_OPENED.format(
            layer=layer + 1, head=head + 1, reader=text.HEADS_CLASS if cell == CLASS_TOKEN else reader
        )
        hint = text.MAP_SHARED if look.shared else text.MAP_OWN
        return {self.opened: section(title, body, hint), self.place: [place, cell]}


def _order(pair: HeadsPair, shown: engine.maps.AttentionHeads, order: str) -> list[list[int]]:
    """The heads of each layer, in the order asked for."""
    moved = (pair.clean.attention - pair.attacked.attention).abs().flatten(2).sum(-1)
    by_number = torch.arange(moved.shape[1]).expand_as(moved)
    ranks = {"focused": shown.entropies, "moved": -moved}.get(order, by_number)
    return ranks.argsort(dim=-1, stable=True).tolist()


def _opened(session: Session, look: Look, layer: int, head: int, cell: int) -> str:
    pair, hit = present(session.heads), present(session.adversarial)
    clean, attacked = (_read(heads, layer, head, cell) for heads in (pair.clean, pair.attacked))
    scale = (0.0, upper_end(clean.numpy(), attacked.numpy())) if look.shared else None
    maps = ((text.MAP_CLEAN, clean, hit.clean, pair.clean), (text.MAP_ATTACKED, attacked, hit.saved, pair.attacked))
    drawn = "".join(
        heat_map(name, values, pixels, scale or (0.0, upper_end(values.numpy())), look, marked=_long(heads, layer))
        for name, values, pixels, heads in maps
    )
    beside = scale[1] if scale else None
    moved = difference_map(text.MAP_DIFFERENCE, attacked - clean, hit.clean, look, beside=beside)
    return f'<div class="maps">{drawn}{moved}</div>'


def _read(heads: engine.maps.AttentionHeads, layer: int, head: int, cell: int) -> Tensor:
    if cell == CLASS_TOKEN:
        return heads.attention[layer, head]
    return heads.from_patch(*divmod(cell, heads.attention.shape[-1]))[layer, head]


def _long(heads: engine.maps.AttentionHeads, layer: int) -> Tensor:
    """Which patches' tokens are far longer than the others' after `layer`, (gh, gw)."""
    norms = heads.norms[layer]
    return norms > LONG * norms.median()


def _long_ones(pair: HeadsPair, layer: int) -> str:
    counts = [int(_long(heads, layer).sum()) for heads in (pair.clean, pair.attacked)]
    if not any(counts):
        return text.HEADS_NONE_LONG
    return text.HEADS_LONG.format(clean=counts[0], attacked=counts[1])


def _answers(session: Session) -> str:
    """The probability of the attacked class, and of the answer that stands now, read off after each layer."""
    pair, hit, names = present(session.heads), present(session.adversarial), present(session.classes).names
    lines = []
    for name, kind, label, heads in (
        (text.HEADS_TRUE_CLEAN, "clean", hit.label, pair.clean),
        (text.HEADS_TRUE_ATTACKED, "attacked", hit.label, pair.attacked),
        (text.HEADS_NOW_ATTACKED, "line-3", hit.after_saved.label, pair.attacked),
    ):
        lines.append(Line(name, kind, heads.logits.softmax(-1)[:, label].tolist()))
    drawn = curve(text.HEADS_LAYERS, lines, "layer", "probability", len(pair.clean.logits), first=1, share=True)
    answer = differing(hit.after_saved.name, names[hit.label])
    asked = f"{esc(text.HEADS_PUSHED)}: “{esc(names[hit.label])}”; {esc(text.HEADS_NOW)}: “{answer}”"
    return section(text.HEADS_LAYERS, f'<p class="fine">{asked}</p>{drawn}', text.HEADS_LAYERS_HINT)
