"""Step 7: this picture under growing limits, a line for each defence and a band over seeds."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import replace

import gradio as gr

import engine
from app.choices import Choices
from app.components.slider import Range
from app.figures.html import caption, empty, esc
from app.figures.sweep import sweep_figure
from app.present import present
from app.state.found import Found
from app.state.parts import Account, Question
from app.state.visitors import Progress, Visitor
from app.sweep import MOST_SEEDS, Sweep
from app.sweeping import begun, points
from app.text import many as text
from app.text import words
from app.wiring.page import Page
from app.wiring.pieces import Piece


class SweepPart:
    """Its button and its figure; what is compared are the two defences of the mosaic, beside CLIP alone."""

    def __init__(self) -> None:
        gr.HTML(f'<h2 class="part-title">{text.SWEEP_HEAD}</h2>', elem_id="sweep-head")
        gr.HTML(f'<p class="fine">{esc(text.SWEEP_ASKS)}</p>')
        with gr.Row(elem_classes=["controls"]):
            self.seeds = Range(
                1, MOST_SEEDS, engine.story.USUAL_SEEDS, step=1, label=text.SWEEP_SEEDS, elem_id="sweep-seeds",
                min_width=200, buttons=[],
            )  # fmt: skip
            self.button = gr.Button(text.SWEEP_RUN, elem_id="sweep-run", min_width=150, scale=0)
        self.drawn = gr.HTML(elem_id="sweep")
        gr.HTML(caption(text.SWEEP_CAPTION))
        self.pieces = [Piece(self.draw, [self.drawn], ("sweep", "picture"))]

    def wire(self, page: Page) -> None:
        """The button goes on with what there is of the same sweep."""

        def handler(request: gr.Request, seeds: float, key: str) -> Generator[dict]:
            visitor = page.visitors.get(key)
            base = page.question(visitor, key)
            if base is None:
                raise engine.EngineError(words.MISSING["Attack"])
            if base.story.recipe.attacked is not None:
                raise engine.EngineError(text.SWEEP_ELSEWHERE)
            before = _begun(visitor, base, int(seeds))
            page.visitors.change(key, sweep=before, progress=Progress(7))
            yield page.nudged() | page.say(words.BUSY["sweep"], "busy", 0.0)
            started = time.monotonic()
            account = Account(base.story.owner, page.results.turns, page.budget)
            for sweep in points(page.models, base, before, int(seeds), account):
                page.visitors.change(key, sweep=sweep)
                done, new = len(sweep.points), len(sweep.points) - len(before.points)
                left = (time.monotonic() - started) / new * (sweep.total - done)
                said = text.SWEEP_PROGRESS.format(done=done, total=sweep.total, left=left)
                yield page.nudged() | page.say(said, "busy", done / sweep.total)
            yield page.rest(key, words.DONE["sweep"], "good")

        page.listen(self.button.click, handler, before=[self.seeds], alone=True, of_picture=True)

    def draw(self, found: Found, choices: Choices) -> dict:
        """What there is of this picture's sweep, or what to press."""
        own = found.sweep is not None and found.picture is not None
        if not own or present(found.sweep).digest != present(found.picture).picture.digest:
            return {self.drawn: empty(words.EMPTY["Sweep"])}
        return {self.drawn: sweep_figure(present(found.sweep)) or empty(words.EMPTY["Sweep"])}


def _begun(visitor: Visitor, base: Question, seeds: int) -> Sweep:
    """The visitor's own sweep where it is the same but for the number of seeds, else one without points."""
    choices = present(visitor.choices)
    chosen = dict.fromkeys(("clip", choices.mosaic_left, choices.mosaic_right))
    settings = replace(base.story.recipe.settings, defences=tuple(chosen))
    sweep, before = begun(base, settings, seeds), visitor.sweep
    if before is None or before.key != sweep.key:
        return sweep
    last = settings.attack.seed + seeds
    return replace(sweep, points=tuple(point for point in before.points if point.seed < last), strange=before.strange)
