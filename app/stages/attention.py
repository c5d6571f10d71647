"""Step 3: where the model finds evidence for the class, before and after the attack, on one scale."""

from __future__ import annotations

import gradio as gr

import engine
from app import text
from app.choices import Choices
from app.controls import menu
from app.figures.html import caption, empty, esc, levels, note, section, table
from app.figures.maps import FLOOR, SEQUENTIAL, Look, difference_map, heat_map, upper_end
from app.page import Page
from app.session import MapPair, Session

SET_OPACITY = "(value) => { document.documentElement.style.setProperty('--overlay', value); return []; }"


class AttentionStage:
    """The panel of step 3."""

    def __init__(self, backbone: engine.Backbone) -> None:
        maps = engine.methods_for(backbone)
        with gr.Row(elem_classes=["controls"]):
            method = gr.Dropdown(
                [(engine.MAPS[name].title, name) for name in maps], value=maps[0] if maps else None,
                label=text.MAP_METHOD, elem_id="map-method", filterable=False, min_width=220, scale=2,
            )  # fmt: skip
            self.button = gr.Button(text.LOOK, elem_id="look", min_width=120, scale=0)
        with gr.Row(elem_classes=["controls", "redraw"]):
            self.opacity = gr.Slider(
                0, 1, 0.7, step=0.05, label=text.OPACITY, elem_id="overlay", min_width=150, buttons=[]
            )
            colours = menu({name: name for name in SEQUENTIAL}, "viridis", text.COLOURS, "map-colours", 120)
            cells = menu(text.CELL_KINDS, "patches", text.CELLS, "map-cells", 150)
            scale = menu(text.SCALES, "shared", text.SCALE, "map-scale", 120)
        self.maps = gr.HTML(elem_id="maps")
        self.numbers = gr.HTML(elem_id="map-agreement")
        self.caption = gr.HTML(elem_id="map-caption")
        self.controls = {"map_method": method, "colours": colours, "cells": cells, "scale": scale}
        self.outputs = [self.maps, self.numbers, self.caption]

    def wire(self, page: Page) -> None:
        """Looking needs the model; everything else only draws again."""
        page.compute(self.button.click, page.story.work_on("maps"))
        page.forget(("map_method",), "maps")
        for name in ("colours", "cells", "scale"):
            page.redraw(self.controls[name].input, self.draw, self.outputs)
        self.opacity.input(None, [self.opacity], None, js=SET_OPACITY, api_visibility="private")

    def draw(self, session: Session, choices: Choices) -> dict:
        """The panel as the session has it."""
        pair = session.maps
        if pair is None:
            said = text.MISSING["Attention"] if session.adversarial is None else text.EMPTY["Attention"]
            return {self.maps: empty(said), self.numbers: "", self.caption: ""}
        label = session.classes.names[pair.clean.label]
        how = engine.MAPS[pair.clean.method].explanation
        words = {"label": label, "how": how}
        parts = [(head, body.format(**words)) for head, body in text.MAP_CAPTION]
        return {
            self.maps: _warnings(pair) + _maps(session, _look(choices)),
            self.numbers: _agreement(session),
            self.caption: caption(parts),
        }


def _look(choices: Choices) -> Look:
    colours = choices.colours if choices.colours in SEQUENTIAL else "viridis"
    return Look(colours, choices.cells == "smooth", choices.scale != "own")


def _warnings(pair: MapPair) -> str:
    both = [(pair.clean, pair.attacked), *([pair.rival] if pair.rival else [])]
    degenerate = {"Clean map": any(c.degenerate for c, _ in both), "Attacked map": any(a.degenerate for _, a in both)}
    which = [name for name, found in degenerate.items() if found]
    if not which:
        return ""
    listed = " and ".join([which[0], *(name.lower() for name in which[1:])])
    return note(text.MAP_DEGENERATE.format(which=listed), "warn", "!")


def _maps(session: Session, look: Look) -> str:
    """One row of maps for the class attacked and one for the class it is taken for now."""
    pair, names = session.maps, session.classes.names
    truth = text.MAP_TRUE if session.label is not None else text.MAP_ANSWER
    rows = [(truth, pair.clean, pair.attacked)]
    if pair.rival is not None:
        rows.append((text.MAP_RIVAL, *pair.rival))
    values = [drawn.raw.numpy() for _, *both in rows for drawn in both]
    shared = (min(float(v.min()) for v in values), upper_end(*values)) if look.shared else None
    told = text.MAP_SHARED if look.shared else text.MAP_OWN
    drawn = "".join(
        section(f"Evidence for “{names[clean.label]}”, {why}", _row(session, clean, attacked, look, shared), told)
        for why, clean, attacked in rows
    )
    object_line = " Thin line: the object's true outline." if session.picture.mask is not None else ""
    return (
        f'{drawn}<p class="fine">White outline: top 20 % of cells, as far as they reach {100 * FLOOR:g} % of the'
        f" strongest. Scales end at the 99th percentile.{object_line} Hover over a cell for its value.</p>"
    )


def _row(
    session: Session,
    clean: engine.AttentionMap,
    attacked: engine.AttentionMap,
    look: Look,
    shared: tuple[float, float] | None,
) -> str:
    result, mask = session.adversarial, session.picture.mask
    drawn = ""
    for name, values, pixels in (("● Clean", clean.raw, result.clean), ("▲ Attacked", attacked.raw, result.saved)):
        scale = shared or (float(values.min()), upper_end(values.numpy()))
        drawn += heat_map(name, values, pixels, scale, look, mask)
    drawn += difference_map("Attacked − clean", attacked.raw - clean.raw, result.clean, look)
    return f'<div class="maps">{drawn}</div>'


def _agreement(session: Session) -> str:
    pair = session.maps
    size = levels(session.adversarial.linf())
    rows = [_agreement_row("attacked picture", pair.clean, pair.attacked)]
    if pair.noisy is not None:
        rows.append(_agreement_row(f"{text.AGREEMENT_NULL} ({size})", pair.clean, pair.noisy))
    heads = ("Clean map compared with", "Rank correlation", "Top 20 % in common (IoU)", "Centre moved by")
    return section(
        "Did the attack move the map?", table(heads, rows, "Agreement of maps"), "beside its null: harmless noise"
    )


def _agreement_row(name: str, first: engine.AttentionMap, second: engine.AttentionMap) -> tuple[str, ...]:
    a, b = first.raw, second.raw
    shift = engine.centre_shift(a.clamp_min(0), b.clamp_min(0))
    flag = " (degenerate map)" if second.degenerate else ""
    return (
        esc(name + flag),
        f"{engine.spearman(a, b):.2f}",
        f"{100 * engine.top_iou(a, b):.0f} %",
        f"{100 * shift:.1f} % of the side",
    )
