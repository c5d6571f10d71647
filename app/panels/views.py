"""Step 4: the many views of the attacked picture, which of them drive the tuning and which the answer."""

from __future__ import annotations

import gradio as gr
import numpy as np
import torch

import engine
from app.choices import Choices
from app.components.controls import menu, shown
from app.components.settings import choice, slider
from app.components.tiles import PICK
from app.figures.html import (
    WRONG,
    caption,
    chips,
    differing,
    differing_words,
    empty,
    esc,
    mark,
    percent,
    section,
    signed,
    tick,
)
from app.figures.maps import to_image
from app.figures.pictures import thumbnail, to_uint8
from app.page import Page
from app.present import present
from app.session import Session
from app.text import words as text

SORT_TILES = "(value) => { document.documentElement.dataset.sort = value; return []; }"
OPENED_FIRST = 1
FITS_TILE = 24  # characters


class ViewsPanel:
    """The panel of step 4."""

    def __init__(self) -> None:
        with gr.Row(elem_classes=["controls"]):
            kind = choice("kind", text.VIEW_KINDS, text.VIEW_KIND, "view-kind", min_width=220)
            count = slider("views", text.VIEW_COUNT, min_width=160)
            self.sort = menu(text.SORTS, "index", text.SORT, "view-sort", 150)
            self.button = gr.Button(text.MAKE_VIEWS, elem_id="make-views", min_width=120, scale=0)
        with gr.Accordion("How the views are made", open=False, elem_id="view-more"), gr.Row():
            shares = {word: slider(word, label, min_width=180) for word, label in text.VIEW_SHARES.items()}
        self.grid = gr.HTML(elem_id="view-grid", js_on_load=PICK)
        self.opened = gr.Number(OPENED_FIRST, precision=0, minimum=0, visible=False)
        self.title = gr.HTML(elem_id="view-title")
        with gr.Row(elem_id="view-parts"):
            names = ("base", "map", "strength", "mix", "plain", "guided")
            self.parts = [
                gr.Image(
                    type="numpy", format="png", interactive=False, label=label, elem_id=f"view-{name}", visible=False,
                    elem_classes=["pixels"], alt_text=label, min_width=90, buttons=["fullscreen"],
                )
                for name, label in zip(names, text.VIEW_PARTS, strict=True)
            ]  # fmt: skip
        gr.HTML(caption(text.VIEWS_CAPTION))
        self.controls = {"kind": kind, "views": count, **shares, "opened_view": self.opened}
        self.outputs = [self.grid, self.title, *self.parts]

    def wire(self, page: Page) -> None:
        """The button, opening one view, and sorting in the browser."""
        page.press(self.button, page.story.work_on("views"))
        page.forget(tuple(name for name in self.controls if name != "opened_view"), "views")
        self.sort.input(None, [self.sort], None, js=SORT_TILES, api_visibility="private")
        page.pick(self.grid.click, self._picked, [self.opened, self.title, *self.parts])

    def draw(self, session: Session, choices: Choices) -> dict:
        """The panel as the session has it."""
        if session.views is None:
            said = text.MISSING["Views"] if session.adversarial is None else text.EMPTY["Views"]
            hidden = {part: gr.update(value=None, visible=False) for part in self.parts}
            return {self.grid: empty(said), self.title: ""} | hidden
        return self.mark(session, choices) | self._parts(session, _opened_now(session, choices))

    def mark(self, session: Session, choices: Choices) -> dict:
        """What tuning and weights change: the marks on the tiles and the words on the view that is open."""
        opened = _opened_now(session, choices)
        return self._grid(session, opened) | {self.title: _opened(session, opened)}

    def _grid(self, session: Session, opened: int) -> dict:
        views = present(session.views)
        kept = set(session.steps[-1].kept.tolist()) if session.steps else set()
        weights = session.ensemble.weights.tolist() if session.ensemble else None
        orders = _orders(session)
        tiles = "".join(
            _tile(session, view, {key: places[view] for key, places in orders.items()},
                  view in kept, view == opened, None if weights is None else weights[view])
            for view in range(len(views))
        )  # fmt: skip
        body = f'{_summary(session)}{_legend(session)}<div class="tiles">{tiles}</div>'
        return {self.grid: section(text.VIEWS_TITLE.format(count=len(views)), body, text.VIEWS_HINT)}

    def _picked(self, session: Session, choices: Choices, event: gr.EventData) -> dict:
        place = getattr(event, "index", None)
        if session.views is None or not isinstance(place, int) or not 0 <= place < len(session.views):
            return {}
        return {self.opened: place, self.title: _opened(session, place)} | self._parts(session, place)

    def _parts(self, session: Session, view: int) -> dict:
        views = present(session.views)
        size = views.pixels.shape[-1]
        guided = views.kind == "attention"
        drawn = [
            views.bases[view].permute(1, 2, 0).numpy(),
            _stretched(views.maps[view].numpy(), size) if guided else None,
            to_image(views.strength(view).numpy(), "cividis") if guided else None,
            to_uint8(views.mixes[view]) if views.kind != "crops" else None,
            to_uint8(views.plain(view)) if guided else None,
            to_uint8(views.pixels[view]),
        ]
        return {
            part: gr.update(
                value=None if picture is None else shown(picture),
                visible=picture is not None,
                alt_text=text.VIEW_ALT.format(view=view, part=name),
            )
            for part, name, picture in zip(self.parts, text.VIEW_PARTS, drawn, strict=True)
        }


def _orders(session: Session) -> dict[str, list[int]]:
    """The place of every view in each of the orders a visitor may sort by."""
    views = present(session.views)
    numbers = torch.arange(len(views))
    ranked = {
        "entropy": views.entropies,
        "weight": -session.ensemble.weights if session.ensemble else numbers,
        "map": -engine.views.map_similarity(views) if views.kind == "attention" else numbers,
    }
    return {key: values.argsort(stable=True).argsort().tolist() for key, values in ranked.items()}


def _summary(session: Session) -> str:
    """The share of views that answer right: of all, of those that drive the tuning, and by weight."""
    views, asked = present(session.views), text.VIEWS_RIGHT if session.given else text.VIEWS_CLEAN
    right = views.logits.argmax(-1) == present(session.reference)
    counts = [(text.VIEWS_ALL, f"{int(right.sum())} of {len(views)}", text.VIEWS_ALL_WHY)]
    if session.steps:
        kept = session.steps[-1].kept
        counts.append((text.VIEWS_TUNING, f"{int(right[kept].sum())} of {len(kept)}", text.VIEWS_TUNING_WHY))
    if session.ensemble:
        share = float(session.ensemble.weights[right].sum())
        counts.append((text.VIEWS_WEIGHT, percent(share), text.VIEWS_WEIGHT_WHY))
    later = "" if session.steps else f'<p class="fine">{esc(text.VIEWS_LATER)}</p>'
    return f'<p class="fine">{esc(asked)}</p>{chips(counts)}{later}'


def _legend(session: Session) -> str:
    """What the signs on a tile mean."""
    views = present(session.views)
    signs = [("sign", f"#1 · {float(views.entropies[1]):.2f} nats", text.TILE_NUMBERS)]
    signs.append(("sign", f"{WRONG} words", text.TILE_WRONG))
    if session.steps:
        signs.append(("badge tunes", "tunes", text.TILE_TUNES.format(count=len(session.steps[-1].kept))))
    if session.ensemble:
        even = percent(1 / len(views))
        signs.append(("badge weighs", percent(float(session.ensemble.weights[1])), text.TILE_WEIGHS.format(even=even)))
    entries = "".join(f'<span><span class="{kind}">{esc(sign)}</span> {esc(why)}</span>' for kind, sign, why in signs)
    return f'<p class="fine signs">{entries}</p>'


def _tile(session: Session, view: int, places: dict[str, int], tunes: bool, picked: bool, weight: float | None) -> str:
    views = present(session.views)
    place = int(views.logits[view].argmax())
    right = place == session.reference
    name, bits = views.classes.names[place], f"{float(views.entropies[view]):.2f}"
    badges = '<span class="badge tunes">tunes</span>' if tunes else ""
    badges += f'<span class="badge weighs">{percent(weight)}</span>' if weight is not None else ""
    return (
        f'<button type="button" class="tile{" tuned" * tunes}{" picked" * picked}" data-index="{view}"'
        f' style="{";".join(f"--by-{key}:{place}" for key, place in places.items())}"'
        f' title="View {view}: {esc(name)}, entropy {bits} nats"><img src="{thumbnail(views.pixels[view])}"'
        f' alt="View {view}: {esc(name)}">'
        f'<span class="tile-name">{tick(right)} {_tile_name(session, name)}</span>'
        f'<span class="tile-numbers">#{view} · {bits} nats</span><span class="tile-badges">{badges}</span></button>'
    )


def _tile_name(session: Session, name: str) -> str:
    """A class on the two short lines of a tile: a long wrong one by its words that differ, which may stand last."""
    reference = present(session.classes).names[present(session.reference)]
    if len(name) <= FITS_TILE:
        return differing(name, reference)
    if name == reference:
        return text.TILE_RIGHT[session.given]
    return " … ".join(f'<em class="differs">{esc(word)}</em>' for word in differing_words(name, reference))


def _opened_now(session: Session, choices: Choices) -> int:
    """The view a visitor has opened; the first crop where there are not so many."""
    return int(choices.opened_view) if choices.opened_view < len(present(session.views)) else OPENED_FIRST


def _opened(session: Session, view: int) -> str:
    views = present(session.views)
    answer = views.logits[view]
    name = differing(views.classes.names[int(answer.argmax())], views.classes.names[present(session.reference)])
    good = int(answer.argmax()) == session.reference
    said = f'<p class="fine">{mark(good, session.given)} {name}</p>'
    return section(text.VIEW_TITLE.format(view=view), f"{said}{_numbers(session, view)}{_making(views, view)}")


def _numbers(session: Session, view: int) -> str:
    """What is known of one view: how sure it is, what it is used for, whether its map stays with the picture's."""
    views, steps, ensemble = present(session.views), session.steps, session.ensemble
    rank = int((views.entropies < views.entropies[view]).sum()) + 1
    facts = [
        (text.VIEW_SURE, percent(float(views.logits[view].softmax(-1).max())), text.VIEW_SURE_WHY),
        (text.VIEW_ENTROPY, f"{float(views.entropies[view]):.3f} nats", text.VIEW_ENTROPY_WHY),
        (text.VIEW_RANK, f"{rank} of {len(views)}", text.VIEW_RANK_WHY),
    ]
    if steps:
        drives = view in steps[-1].kept.tolist()
        facts.append((text.VIEW_DRIVES, "yes" if drives else "no", text.TILE_TUNES.format(count=len(steps[-1].kept))))
    if ensemble:
        even = text.TILE_WEIGHS.format(even=percent(1 / len(views)))
        facts.append((text.VIEW_WEIGHT, percent(float(ensemble.weights[view])), even))
    if views.kind == "attention" and view:
        facts.append((text.VIEW_MAP, signed(float(engine.views.map_similarity(views)[view])), text.VIEW_MAP_WHY))
    return chips(facts)


def _making(views: engine.ViewSet, view: int) -> str:
    """In words: where the view was cut, how it was mixed and by which regions."""
    if view == 0:
        return f'<p class="fine">{esc(text.VIEW_WHOLE)}</p>'
    top, left, height, width, mirrored = views.crops[view].tolist()
    sentence = text.VIEW_CROP.format(width=width, height=height, left=left, top=top, mirrored=", mirrored" * mirrored)
    if views.kind != "crops":
        sentence += text.VIEW_BETA.format(beta=percent(float(views.betas[view])))
    if views.kind == "attention":
        low, middle, high = (float((views.regions[view] == place).float().mean()) for place in range(3))
        keep_high, keep_low = (percent(kept) for kept in views.strengths)
        sentence += text.VIEW_REGIONS.format(
            high=percent(high), low=percent(low), keep_high=keep_high, keep_low=keep_low
        )
        sentence += text.VIEW_BETWEEN.format(middle=percent(middle)) if middle else "."
        if bool(views.degenerate[view]):
            sentence += text.VIEW_DEGENERATE
    return f'<p class="fine">{esc(sentence)}</p>'


def _stretched(grid: np.ndarray, size: int) -> np.ndarray:
    """A patch grid as an image of about `size` pixels, every cell a whole number of pixels."""
    times = max(1, size // max(grid.shape))
    return to_image(np.kron(grid, np.ones((times, times))))
