"""Step 4: the many views of the attacked picture, which of them drive the tuning and which the answer."""

from __future__ import annotations

import gradio as gr
import numpy as np

import engine
from app import text
from app.choices import Choices
from app.controls import menu, share, shown
from app.figures.html import caption, differing, empty, esc, percent, section
from app.figures.maps import to_image
from app.figures.pictures import thumbnail, to_uint8
from app.page import Page
from app.session import Session
from app.stages.inputs import PICK

SORT_TILES = "(value) => { document.documentElement.dataset.sort = value; return []; }"
OPENED_FIRST = 1


class ViewsStage:
    """The panel of step 4."""

    def __init__(self) -> None:
        defaults = engine.ViewSettings()
        with gr.Row(elem_classes=["controls"]):
            kind = menu(text.VIEW_KINDS, defaults.kind, text.VIEW_KIND, "view-kind", 220)
            count = gr.Slider(
                8, 128, defaults.count, step=8, label=text.VIEW_COUNT, elem_id="view-count", min_width=160, buttons=[]
            )
            self.sort = menu(text.SORTS, "index", text.SORT, "view-sort", 150)
            self.button = gr.Button(text.MAKE_VIEWS, elem_id="make-views", min_width=120, scale=0)
        with gr.Accordion("How the views are made", open=False, elem_id="view-more"), gr.Row():
            high = share(defaults.high, "High attention: share of pixels", "high")
            low = share(defaults.low, "Low attention: share of pixels", "low")
            keep_high = share(defaults.keep_high, "Crop kept where attention is high", "keep-high")
            keep_low = share(defaults.keep_low, "Crop kept where attention is low", "keep-low")
            crop = share(defaults.crop_scale[0], "Smallest crop, share of the area", "smallest-crop", 0.05, 0.01)
        self.grid = gr.HTML(elem_id="view-grid", js_on_load=PICK)
        self.title = gr.HTML(elem_id="view-title")
        with gr.Row(elem_id="view-parts"):
            names = ("base", "mix", "map", "strength", "guided")
            self.parts = [
                gr.Image(
                    type="numpy", format="png", interactive=False, label=label, elem_id=f"view-{name}", visible=False,
                    elem_classes=["pixels"], alt_text=label, min_width=130, buttons=["fullscreen"],
                )
                for name, label in zip(names, text.VIEW_PARTS, strict=True)
            ]  # fmt: skip
        gr.HTML(caption(text.VIEWS_CAPTION))
        self.controls = {
            "view_kind": kind, "view_count": count, "high": high, "low": low,
            "keep_high": keep_high, "keep_low": keep_low, "smallest_crop": crop,
        }  # fmt: skip
        self.outputs = [self.grid, self.title, *self.parts]

    def wire(self, page: Page) -> None:
        """The button, opening one view, and sorting in the browser."""
        page.compute(self.button.click, page.story.work_on("views"))
        page.forget(tuple(self.controls), "views")
        self.sort.input(None, [self.sort], None, js=SORT_TILES, api_visibility="private")

        page.pick(self.grid.click, self._picked, [self.title, *self.parts])

    def draw(self, session: Session, choices: Choices) -> dict:
        """The panel as the session has it."""
        if session.views is None:
            said = text.MISSING["Views"] if session.adversarial is None else text.EMPTY["Views"]
            hidden = {part: gr.update(value=None, visible=False) for part in self.parts}
            return {self.grid: empty(said), self.title: ""} | hidden
        return self.draw_grid(session) | self._open(session, OPENED_FIRST)

    def draw_grid(self, session: Session) -> dict:
        """Only the overview, with what is known by now of tuning and weights."""
        views = session.views
        kept = set(session.steps[-1].kept.tolist()) if session.steps else set()
        weights = session.ensemble.weights.tolist() if session.ensemble else None
        by_entropy = views.entropies.argsort().argsort().tolist()
        by_weight = (-session.ensemble.weights).argsort().argsort().tolist() if session.ensemble else by_entropy
        tiles = "".join(
            _tile(session, view, by_entropy[view], by_weight[view], view in kept, weights and weights[view])
            for view in range(len(views))
        )
        legend = (
            '<span class="badge tunes">drives the tuning</span><span class="badge weighs">weight in the answer</span>'
        )
        known = (
            f'<div class="badges">{legend}</div>'
            if session.steps
            else '<p class="fine">Which ones drive the tuning, and which the answer, is known after the next step.</p>'
        )
        body = f'{known}<div class="tiles">{tiles}</div>'
        return {self.grid: section(f"{len(views)} views of the attacked picture", body)}

    def _picked(self, session: Session, choices: Choices, event: gr.EventData) -> dict:
        place = getattr(event, "index", None)
        if session.views is None or not isinstance(place, int) or not 0 <= place < len(session.views):
            return {}
        return self._open(session, place)

    def _open(self, session: Session, view: int) -> dict:
        views, size = session.views, session.views.pixels.shape[-1]
        drawn = [
            views.bases[view].permute(1, 2, 0).numpy(),
            to_uint8(views.mixes[view]),
            _stretched(views.maps[view].numpy(), size) if len(views.maps) else None,
            to_image(views.strength(view).numpy(), "cividis"),
            to_uint8(views.pixels[view]),
        ]
        updates = {
            part: gr.update(value=None if picture is None else shown(picture), visible=picture is not None)
            for part, picture in zip(self.parts, drawn, strict=True)
        }
        return {self.title: _opened(session, view)} | updates


def _tile(session: Session, view: int, by_entropy: int, by_weight: int, tunes: bool, weight: float | None) -> str:
    views = session.views
    place = int(views.logits[view].argmax())
    right = place == session.reference
    name, bits = views.classes.names[place], f"{float(views.entropies[view]):.2f}"
    badges = '<span class="badge tunes">tunes</span>' if tunes else ""
    badges += f'<span class="badge weighs">{percent(weight)}</span>' if weight is not None else ""
    mark = "✓" if right else "✗"
    return (
        f'<button type="button" class="tile{" tuned" if tunes else ""}" data-index="{view}"'
        f' style="--by-entropy:{by_entropy};--by-weight:{by_weight}"'
        f' title="View {view}: {esc(name)}, entropy {bits} nats"><img src="{thumbnail(views.pixels[view])}"'
        f' alt="View {view}: {esc(name)}">'
        f'<span class="tile-name"><span class="{"good" if right else "bad"}">{mark}</span>'
        f" {differing(name, views.classes.names[session.reference])}</span>"
        f'<span class="tile-numbers">#{view} · {bits} nats</span><span class="tile-badges">{badges}</span></button>'
    )


def _opened(session: Session, view: int) -> str:
    views = session.views
    if view == 0:
        told = "the attacked picture itself, not mixed"
    else:
        top, left, height, width, mirrored = views.crops[view].tolist()
        told = (
            f"crop of {width} × {height} pixels at ({left}, {top}){', mirrored' if mirrored else ''}; Beta draw"
            f" {float(views.betas[view]):.2f}"
        )
    high, low = views.strengths
    if views.kind == "attention" and view:
        told += (
            f". Kept of the crop: {percent(high)} where attention is high (yellow), {percent(low)} where it is"
            f" low (blue)"
        )
        if bool(views.degenerate[view]):
            told += ". This view's map is degenerate: it shows amplified rounding residue"
    return section(f"View {view} opened", f'<p class="fine">{esc(told)}.</p>')


def _stretched(grid: np.ndarray, size: int) -> np.ndarray:
    """A patch grid as an image of about `size` pixels, every cell a whole number of pixels."""
    times = max(1, size // max(grid.shape))
    return to_image(np.kron(grid, np.ones((times, times))))
