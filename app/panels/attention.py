"""Step 3: where the model finds evidence for the class, before and after the attack, on one scale."""

from __future__ import annotations

import math

import gradio as gr
from torch import Tensor

import engine
from app.choices import FIRST_MAP, Choices
from app.components.controls import menu
from app.components.slider import Range
from app.export.map_files import MapFiles
from app.figures.guide import drawn_guide, guide_maps
from app.figures.html import aligned, caption, comes, esc, further, levels, note, percent, rough_percent, section, table
from app.figures.judged import caution, pointing
from app.figures.map_rows import drawn_rows, map_rows
from app.figures.maps import SEQUENTIAL, Look, MapFigure, residue, subject
from app.panels.every_map import EveryMap, every_map
from app.panels.heads import HeadsBrowser, opened_maps
from app.panels.lens import LensPart
from app.panels.map_question import MapQuestion
from app.panels.occlusion import OcclusionTest
from app.panels.words import WordReader
from app.picture_sources import PictureSources
from app.present import present
from app.state.found import Found
from app.state.parts import MapPair
from app.text import attention as text
from app.text import words as common
from app.wiring.page import Page
from app.wiring.pieces import Piece
from app.wiring.running import Running

SET_OPACITY = "(value) => { document.documentElement.style.setProperty('--overlay', value); return []; }"


class AttentionPanel:
    """The panel of step 3."""

    def __init__(self, sources: PictureSources) -> None:
        self.question = MapQuestion(sources.backbone)
        with gr.Row(elem_classes=["controls", "redraw"]):
            self.opacity = Range(0, 1, 0.7, step=0.05, label=text.OPACITY, elem_id="overlay", min_width=150, buttons=[])
            colours = menu({name: name for name in SEQUENTIAL}, "viridis", text.COLOURS, "map-colours", 120)
            cells = menu(text.CELL_KINDS, "patches", text.CELLS, "map-cells", 150)
            scale = menu(text.SCALES, "shared", text.SCALE, "map-scale", 120)
        gr.HTML(further(text.MORE_BELOW, text.IN_THIS_STEP))
        self.compared = gr.HTML(elem_id="compare-3")
        with gr.Row(elem_id="residue"):
            self.residue = gr.HTML()
            switch = text.MAP_SWITCH.format(map=engine.MAPS[FIRST_MAP].title.lower())
            self.switch = gr.Button(switch, visible=False, elem_id="switch-map", min_width=330, scale=0)
        self.maps, self.guide, self.second = (gr.HTML(elem_id=name) for name in ("maps", "mixed-by", "second-maps"))
        self.numbers = gr.HTML(elem_id="map-similarity")
        self.caption = gr.HTML(elem_id="map-caption")
        self.every, self.occlusion, words, heads = EveryMap(), OcclusionTest(), WordReader(), HeadsBrowser()
        lens = LensPart()
        self.below = (self.every, self.occlusion, words, heads, lens)
        self.files = MapFiles(sources, drawn_maps)
        own = {"colours": colours, "cells": cells, "scale": scale}
        self.controls = self.question.controls | own | heads.controls | lens.controls
        look = ("colours", "cells", "scale")
        own = Piece(
            self.draw,
            [self.residue, self.switch, self.maps, self.second, self.numbers, self.caption],
            ("picture", "classes", "label", "clean", "adversarial", "maps", "answer"),
            ("maps",),
            look,
        )
        guide = Piece(
            self.draw_guide,
            [self.guide],
            ("picture", "classes", "adversarial", "maps", "guide"),
            ("maps", "guide"),
            look,
        )
        self.pieces = [own, guide, *self.question.pieces, *(piece for part in self.below for piece in part.pieces)]

    def wire(self, page: Page, running: Running) -> None:
        """Looking needs the model; everything else only draws again."""
        self.question.wire(page, running)
        running.button(self.switch, ("maps", "guide"), _switched, [self.question.controls["map"]])
        self.opacity.input(None, [self.opacity], None, js=SET_OPACITY, api_visibility="private")
        for part in self.below:
            part.wire(page, running)
        self.files.wire(page)

    def draw(self, found: Found, choices: Choices) -> dict:
        """The maps and how alike they are, or what to press."""
        pair = found.maps
        if pair is None:
            said = common.MISSING["Attention"] if found.adversarial is None else common.EMPTY["Attention"]
            return self._offered("") | {
                self.maps: comes(said, common.COMES),
                self.second: "",
                self.numbers: "",
                self.caption: "",
            }
        kind = engine.MAPS[pair.attacked.map]
        how = kind.explanation
        words = {"label": _subjects(pair, present(found.classes).names), "how": how}
        template = text.MAP_CAPTION if kind.class_specific else text.MAP_CAPTION_NO_CLASS
        parts = [(head, body.format(**words)) for head, body in template]
        first, second = drawn_rows(found, Look.of(choices))
        return self._offered(_warnings(pair, present(found.classes).names)) | {
            self.maps: caution(found) + first,
            self.second: second,
            self.numbers: _similarity(found) + _truth(found),
            self.caption: caption(parts),
        }

    def _offered(self, warning: str) -> dict:
        """The warning that a map is residue, beside the button that draws one that is not."""
        return {self.residue: warning, self.switch: gr.update(visible=bool(warning))}

    def draw_guide(self, found: Found, choices: Choices) -> dict:
        """The maps that the defence mixes by, where they are not those above."""
        return {self.guide: "" if found.guide is None else drawn_guide(found, Look.of(choices))}


def drawn_maps(found: Found, choices: Choices) -> list[MapFigure]:
    """All maps that this step shows."""
    look = Look.of(choices)
    rows = map_rows(found, look) if found.maps is not None else []
    opened = opened_maps(found, choices) if found.heads is not None else ()
    every = [figure for both in every_map(found, look) for figure in both] if found.every else []
    guide = () if found.guide is None else guide_maps(found, look)
    return [*(figure for row in rows for figure in row.figures), *guide, *every, *opened]


def _switched(found: Found, choices: Choices) -> Choices:
    """With a map that is never residue."""
    return choices._replace(map=FIRST_MAP)


def _subjects(pair: MapPair, names: tuple[str, ...]) -> str:
    """The classes that the rows of maps are about."""
    first = subject(pair.attacked, names)
    return first if pair.rival is None else text.MAP_SUBJECTS.format(first=first, second=subject(pair.rival[1], names))


def _warnings(pair: MapPair, names: tuple[str, ...]) -> str:
    said = residue(text.MAP_DEGENERATE, pair, names)
    return note(said, "warn", "!") if said else ""


def _similarity(found: Found) -> str:
    pair, result = present(found.maps), present(found.adversarial)
    clean = pair.clean
    if clean is None:
        return ""
    size = levels(result.linf()) if result.norm == "linf" else f"L2 length {result.l2():.2f}"
    rows = [_similarity_row(_flagged("attacked picture", pair.attacked), clean.raw, pair.attacked.raw)]
    if pair.noisy is not None:
        null = text.SIMILARITY_NULL if result.null is None else text.SIMILARITY_NULL_OWN.format(what=result.null.what)
        name = _flagged(f"{null} ({size})" if result.null is None else null, pair.noisy)
        rows.append(_similarity_row(name, clean.raw, pair.noisy.raw))
    rows.append(_similarity_row(text.SIMILARITY_RANDOM, clean.raw, found.chance_map))
    drawn = table(text.SIMILARITY_HEADS, rows, "Agreement of maps", "stacks")
    own = result.null is not None
    sentence = f'<p class="fine">{esc(_moved(clean, pair, own))}</p>'
    return section(text.SIMILARITY_TITLE, drawn + sentence, text.SIMILARITY_HINTS[own])


def _moved(clean: engine.AttentionMap, pair: MapPair, own: bool) -> str:
    """In words: by how many of the measures the attack changed the map more than its null arm did, noise of the same
    size or what the attack has of its `own`, or why that cannot be told."""
    arms = [_similarities(clean.raw, other.raw) for other in (pair.attacked, pair.noisy) if other is not None]
    if any(math.isnan(value) for arm in arms for value in arm):
        return f"{text.SIMILARITY_ALIKE} {text.SIMILARITY_FLAT}"
    if pair.noisy is None:
        return text.SIMILARITY_ALIKE
    attacked, noisy = arms
    more = sum(a < n for a, n in zip(attacked[:3], noisy[:3], strict=True)) + (attacked[3] > noisy[3])
    return f"{text.SIMILARITY_ALIKE} {text.SIMILARITY_MORE[own].format(more=more, of=len(attacked))}"


def _truth(found: Found) -> str:
    """Whether the maps find the object, where it is known which pixels it has."""
    shown, pair = present(found.picture), present(found.maps)
    if shown.mask is None or shown.part is None:
        return ""
    named = [("attacked map", pair.attacked.raw)]
    if pair.clean is not None:
        named.insert(0, ("clean map", pair.clean.raw))
    masks = (shown.mask, shown.part)
    rows = [
        _truth_row(found, name, values, *masks) for name, values in (*named, (text.SIMILARITY_RANDOM, found.chance_map))
    ]
    area = text.TRUTH_HINT.format(object=_covered(shown.mask), part=_covered(shown.part))
    drawn = table(text.TRUTH_HEADS, rows, "Maps against the painted truth", "stacks")
    return section("Does the map find the object?", drawn, area)


def _covered(mask: Tensor) -> str:
    return percent(float(mask.float().mean()))


def _truth_row(found: Found, name: str, values: Tensor, mask: Tensor, part: Tensor) -> tuple[str, ...]:
    shares = (percent(engine.measures.energy_inside(values, marked)) for marked in (mask, part))
    return esc(name), _pointed(found, values, mask, part), *shares


def _pointed(found: Found, values: Tensor, mask: Tensor, part: Tensor) -> str:
    """In words: where a map's strongest cell lies."""
    if engine.measures.is_flat(values):
        return esc(text.POINTS_NOWHERE)
    hit, part_hit = engine.measures.pointing_hit(values, mask), engine.measures.pointing_hit(values, part)
    where = "on the part named last" if part_hit else "on the object" if hit else "off the object"
    return f'<span aria-hidden="true">{pointing(found, hit)}</span> {where}'


def _flagged(name: str, found: engine.AttentionMap) -> str:
    return f"{name} (degenerate map)" if found.degenerate else name


def _similarities(first: Tensor, second: Tensor) -> tuple[float, float, float, float]:
    """Three measures that are larger, and one that is smaller, the more alike two maps are."""
    return (
        engine.measures.spearman(first, second),
        engine.measures.ssim(first, second),
        engine.measures.top_iou(first, second),
        engine.measures.centre_shift(first, second),
    )


def _similarity_row(name: str, first: Tensor, second: Tensor) -> tuple[str, ...]:
    ranks, structure, common, shift = _similarities(first, second)
    return esc(name), aligned(ranks), aligned(structure), rough_percent(common), percent(shift)
