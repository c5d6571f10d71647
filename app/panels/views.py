"""Step 4: the many views of the attacked picture, which of them drive the tuning and which the answer."""

from __future__ import annotations

import re

import gradio as gr
import numpy as np
import torch

import engine
from app.choices import Choices
from app.components.controls import menu, shown
from app.components.settings import choice, slider
from app.components.tiles import PICK, pressed_view
from app.figures.html import (
    OTHER,
    WRONG,
    apart,
    caption,
    chips,
    comes,
    differing,
    esc,
    mark,
    percent,
    section,
    signed,
    tick,
)
from app.figures.judged import caution
from app.figures.pictures import thumbnail, to_uint8
from app.present import present
from app.state.found import Found
from app.text import views as text
from app.text import words
from app.text.counted import counted
from app.wiring.page import Page
from app.wiring.pieces import Piece
from app.wiring.running import Running

SORT_TILES = "(value) => { document.documentElement.dataset.sort = value; return []; }"
OPENED_FIRST = 1
OPENED_TILE = "background:var(--soft);outline:2px solid var(--accent);outline-offset:1px"
FITS_TILE = 24  # characters
SIGN = re.compile(r" \([✓=]\)")  # which stands on tiles, and means nothing where these are pictures alone


class ViewsPanel:
    """The panel of step 4."""

    def __init__(self) -> None:
        with gr.Row(elem_classes=["controls"]):
            kind = choice("kind", text.VIEW_KINDS, text.VIEW_KIND, "view-kind", min_width=220)
            count = slider("views", words.VIEW_COUNT, min_width=160)
            self.sort = menu(text.SORTS, "index", text.SORT, "view-sort", 150)
            self.button = gr.Button(text.MAKE_VIEWS, elem_id="make-views", min_width=120, scale=0)
        with gr.Accordion("How the views are made", open=False, elem_id="view-more"), gr.Row():
            shares = {word: slider(word, label, min_width=180) for word, label in text.VIEW_SHARES.items()}
        self.compared = gr.HTML(elem_id="compare-4")
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
        reads, shows = ("picture", "classes", "label", "views", "steps", "ensemble", "answer"), ("views",)
        self.pieces = [
            Piece(self.draw, [self.grid], ("clean", "adversarial", *reads), shows),
            Piece(self.draw_title, [self.title], ("clean", *reads), shows, ("opened_view",)),
            Piece(self.draw_parts, self.parts, ("views",), shows, ("opened_view",)),
        ]

    def wire(self, page: Page, running: Running) -> None:
        """The button, opening one view, and sorting in the browser."""
        running.button(self.button, ("views",))
        self.sort.input(None, [self.sort], None, js=SORT_TILES, api_visibility="private")
        page.press(self.grid, pressed_view)

    def draw(self, found: Found, choices: Choices) -> dict:
        """All views, or what to press."""
        if found.views is None:
            said = words.MISSING["Views"] if found.adversarial is None else words.EMPTY["Views"]
            return {self.grid: comes(said, words.COMES)}
        return self._grid(found)

    def draw_title(self, found: Found, choices: Choices) -> dict:
        """What is known of the view that is opened."""
        return {self.title: "" if found.views is None else _opened(found, _opened_now(found, choices))}

    def draw_parts(self, found: Found, choices: Choices) -> dict:
        """What the view that is opened was made from."""
        if found.views is None:
            return {part: gr.update(value=None, visible=False) for part in self.parts}
        return self._parts(found, _opened_now(found, choices))

    def _grid(self, found: Found) -> dict:
        views = present(found.views)
        kept = set(found.steps[-1].kept.tolist()) if found.steps else set()
        weights = found.ensemble.weights.tolist() if found.ensemble else None
        orders = _orders(found)
        pictures, entropies = to_uint8(views.pixels), views.entropies.tolist()
        tiles = "".join(
            _tile(found, view, picture, entropy, {key: places[view] for key, places in orders.items()},
                  view in kept, None if weights is None else weights[view])
            for view, (picture, entropy) in enumerate(zip(pictures, entropies, strict=True))
        )  # fmt: skip
        body = f'{caution(found)}{_summary(found)}{_legend(found)}<div class="tiles">{tiles}</div>'
        return {self.grid: section(text.VIEWS_TITLE.format(count=len(views)), body, text.VIEWS_HINT)}

    def _parts(self, found: Found, view: int) -> dict:
        views = present(found.views)
        size = views.bases.shape[-1]
        guided = views.kind == "attention"
        cut = views.kind in (*engine.ViewSettings.MIXED, "crops")
        drawn = [
            views.bases[view].permute(1, 2, 0).numpy() if cut else None,
            _stretched(views.maps[view].numpy(), size) if guided else None,
            engine.overlays.coloured(views.strength(view).numpy(), "cividis") if guided else None,
            to_uint8(views.mixes[view]) if views.kind in engine.ViewSettings.MIXED else None,
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


def _orders(found: Found) -> dict[str, list[int]]:
    """The place of every view in each of the orders a visitor may sort by."""
    views = present(found.views)
    numbers = torch.arange(len(views))
    ranked = {
        "entropy": views.entropies,
        "weight": -found.ensemble.weights if found.ensemble else numbers,
        "map": -engine.views.map_similarity(views) if views.kind == "attention" else numbers,
    }
    return {key: values.argsort(stable=True).argsort().tolist() for key, values in ranked.items()}


def _summary(found: Found) -> str:
    """The share of views that answer right: of all, of those that drive the tuning, and by weight."""
    views, asked = present(found.views), text.VIEWS_ASKED[found.given]
    asked = text.VIEWS_STRANGE if found.strange or found.none_given else asked
    right = views.logits.argmax(-1) == present(found.reference)
    counts = [(text.VIEWS_ALL, f"{int(right.sum())} of {len(views)}", text.VIEWS_ALL_WHY)]
    if found.steps:
        kept = found.steps[-1].kept
        counts.append((text.VIEWS_TUNING, f"{int(right[kept].sum())} of {len(kept)}", text.VIEWS_TUNING_WHY))
    if found.ensemble and right.any():
        share = float(found.ensemble.weights[right].sum())
        counts.append((counted(text.VIEWS_WEIGHT, right=int(right.sum())), percent(share), text.VIEWS_WEIGHT_WHY))
    later = "" if found.steps else f'<p class="fine">{esc(words.VIEWS_LATER)}</p>'
    said = SIGN.sub(r'<span class="on-tiles">\g<0></span>', esc(asked))
    return f'<p class="fine aloud">{said}</p>{chips(counts)}{later}'


def _legend(found: Found) -> str:
    """What the signs on a tile mean."""
    views = present(found.views)
    signs = [("sign", f"#1 · {float(views.entropies[1]):.2f} nats", text.TILE_NUMBERS)]
    known = found.given and not found.unjudged
    said = text.TILE_WRONG if known else text.TILE_OTHER
    signs.append(("sign", f"{OTHER if found.unjudged else WRONG} words", said))
    if found.steps:
        signs.append(("badge tunes", "tunes", counted(text.TILE_TUNES, count=len(found.steps[-1].kept))))
    if found.ensemble:
        even = percent(1 / len(views))
        signs.append(("badge weighs", percent(float(found.ensemble.weights[1])), text.TILE_WEIGHS.format(even=even)))
    entries = "".join(f'<span><span class="{kind}">{esc(sign)}</span> {esc(why)}</span>' for kind, sign, why in signs)
    return f'<p class="fine signs">{entries}</p>'


def _tile(
    found: Found,
    view: int,
    picture: np.ndarray,
    entropy: float,
    places: dict[str, int],
    tunes: bool,
    weight: float | None,
) -> str:
    views = present(found.views)
    place = int(views.logits[view].argmax())
    right = place == found.reference
    name, bits = views.classes.names[place], f"{entropy:.2f}"
    badges = '<span class="badge tunes">tunes</span>' if tunes else ""
    badges += f'<span class="badge weighs">{percent(weight)}</span>' if weight is not None else ""
    return (
        f'<button type="button" class="tile{" tuned" * tunes}" data-index="{view}"'
        f' style="{";".join(f"--by-{key}:{place}" for key, place in places.items())}"'
        f' title="View {view}: {esc(name)}, entropy {bits} nats"><img src="{thumbnail(picture)}"'
        f' alt="View {view}: {esc(name)}">'
        f'<span class="tile-name">{tick(right, found.unjudged)} {_tile_name(found, name)}</span>'
        f'<span class="tile-numbers">#{view} · {bits} nats</span><span class="tile-badges">{badges}</span></button>'
    )


def _tile_name(found: Found, name: str) -> str:
    """A class on the two short lines of a tile: a long wrong one by its words that differ, which may stand last."""
    reference = present(found.classes).names[present(found.reference)]
    if len(name) <= FITS_TILE:
        return differing(name, reference)
    if name == reference:
        return text.TILE_RIGHT[found.given]
    other = apart(name, reference)
    if not other:
        return esc(name)
    return " … ".join(f'<em class="differs">{esc(word)}</em>' for i, word in enumerate(name.split()) if i in other)


def _opened_now(found: Found, choices: Choices) -> int:
    """The view a visitor has opened; the first crop where there are not so many."""
    return int(choices.opened_view) if choices.opened_view < len(present(found.views)) else OPENED_FIRST


def _opened(found: Found, view: int) -> str:
    views = present(found.views)
    answer = views.logits[view]
    name = differing(views.classes.names[int(answer.argmax())], views.classes.names[present(found.reference)])
    good = int(answer.argmax()) == found.reference
    said = f'<p class="fine">{mark(good, found.given, found.unjudged)} {name}</p>'
    mark_tile = f'<style>#view-grid [data-index="{view}"]{{{OPENED_TILE}}}</style>'
    body = f"{mark_tile}{said}{_numbers(found, view)}{_making(views, view)}"
    return section(text.VIEW_TITLE.format(view=view), body)


def _numbers(found: Found, view: int) -> str:
    """What is known of one view: how sure it is, what it is used for, whether its map stays with the picture's."""
    views, steps, ensemble = present(found.views), found.steps, found.ensemble
    rank = int((views.entropies < views.entropies[view]).sum()) + 1
    facts = [
        (text.VIEW_SURE, percent(float(views.logits[view].softmax(-1).max())), text.VIEW_SURE_WHY),
        (text.VIEW_ENTROPY, f"{float(views.entropies[view]):.3f} nats", text.VIEW_ENTROPY_WHY),
        (text.VIEW_RANK, f"{rank} of {len(views)}", text.VIEW_RANK_WHY),
    ]
    if steps:
        drives = view in steps[-1].kept.tolist()
        facts.append((text.VIEW_DRIVES, "yes" if drives else "no", counted(text.TILE_TUNES, count=len(steps[-1].kept))))
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
    change = engine.views.change_name(view) if views.kind == "everyday" else ""
    if views.kind == "perspective" or change not in ("", "crop"):
        sentence = text.VIEW_CHANGED.format(change=change) if change else text.VIEW_ANGLE
    if views.kind in engine.ViewSettings.MIXED:
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
    return engine.overlays.coloured(np.kron(grid, np.ones((times, times))))
