"""Step 7: many pictures at once, with the interval that so few of them leave."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import gradio as gr
import numpy as np

import engine
from app import text
from app.choices import Choices
from app.controls import menu
from app.figures.html import caption, differing_words, empty, esc, levels, section, table
from app.figures.journey import journey
from app.figures.pictures import thumbnail
from app.page import Page
from app.run import Worker
from app.session import Session
from app.shelf import Opened, Shelf
from app.strip import Row, Strip

SAMPLES, SPECIMENS = "samples", "specimens"


class ManyStage:
    """The panel of step 7; its two own fields ask for pictures, everything else is as the other steps have it."""

    controls: dict = {}

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        sources = {name: said for name, said in text.STRIP_SOURCES.items() if name != SAMPLES or shelf.samples}
        with gr.Row(elem_classes=["controls"]):
            self.source = menu(sources, next(iter(sources), None), text.STRIP_SOURCE, "strip-source", 230)
            self.count = gr.Slider(
                2, 16, 8, step=1, label=text.STRIP_COUNT, elem_id="strip-count", min_width=150, buttons=[]
            )
            self.button = gr.Button(text.STRIP_RUN, elem_id="strip-run", min_width=120, scale=0)
        self.drawn = gr.HTML(elem_id="strip")
        gr.HTML(caption(text.STRIP_CAPTION))
        self.outputs = [self.drawn]

    def wire(self, page: Page) -> None:
        """The button runs the attack and the methods of the other steps on every picture."""

        def handler(request: gr.Request, source: str | None, count: float, *values: object) -> Iterator[dict]:
            choices = Choices(*values)
            job = page.job(request, choices.settings())
            if source is None:
                raise engine.EngineError(text.STRIP_NONE)
            openers = _pictures(self.shelf.on(job.worker.backbone), source, int(count), job.settings.attack.seed)
            yield {page.journey: journey(job.session, 7)} | page.say(text.BUSY["strip"], "busy", 0.0)
            for strip in _answered(job.worker, openers, job.settings):
                job.keep(replace(job.session, strip=strip))
                done, total = len(strip.rows), strip.total
                left = (time.monotonic() - job.started) / done * (total - done)
                said = text.STRIP_PROGRESS.format(done=done, total=total, left=left)
                yield self.draw(job.session, choices) | page.say(said, "busy", done / total)
            yield page.draw(job.session, choices, 7, 7) | page.say(text.DONE["strip"], "good")

        page.listen(self.button.click, handler, before=[self.source, self.count])

    def draw(self, session: Session, choices: Choices) -> dict:
        """The panel as the session has it."""
        return {self.drawn: empty(text.EMPTY["Many"]) if session.strip is None else _drawn(session.strip)}


def _pictures(shelf: Shelf, source: str, count: int, seed: int) -> list[Callable[[], Opened]]:
    """Ways to open `count` pictures: the samples in order, or specimens held out of training, drawn by `seed`."""
    if source == SAMPLES:
        return [lambda place=place: shelf.sample(place) for place in range(min(count, len(shelf.samples)))]
    return [lambda place=place: _specimen(shelf, seed, place) for place in range(count)]


def _answered(worker: Worker, openers: Sequence[Callable[[], Opened]], settings: engine.Settings) -> Iterator[Strip]:
    """A longer strip after each picture; picture i is attacked and defended with the settings' seed plus i."""
    strip = Strip(settings, len(openers))
    for place, open_it in enumerate(openers):
        row = _asked(worker, open_it(), settings.with_seed(settings.attack.seed + place))
        strip = replace(strip, rows=(*strip.rows, row))
        yield strip


def _specimen(shelf: Shelf, seed: int, place: int) -> Opened:
    rng = np.random.default_rng((seed, place))
    return shelf.specimen(engine.random_specimen(rng, held_out=True), int(rng.integers(10_000)))


def _asked(worker: Worker, opened: Opened, settings: engine.Settings) -> Row:
    classes, pixels = engine.Classes(opened.names), opened.shown.pixels
    label = classes.index(opened.truth)
    adversarial = worker.one("attack", pixels, classes, settings.attack, label)
    defences = worker.stream("defend", adversarial.saved, classes, settings)
    answers = tuple((defence.method, defence.prediction.name) for defence in defences)
    return Row(thumbnail(pixels), opened.truth, adversarial.before.name, answers)


def _drawn(strip: Strip) -> str:
    methods = [name for name, _ in strip.rows[0].answers]
    titles = [engine.METHODS[name].title for name in methods]
    heads = ("Picture", "True class", text.STRIP_CLEAN, *titles)
    sums = ["", f"<b>{len(strip.rows)} pictures</b>", *(_share(strip, name) for name in (None, *methods))]
    rows = [tuple(sums), *(_row(row) for row in strip.rows)]
    attack, views = strip.settings.attack, strip.settings.views
    made = (
        f"{engine.ATTACKS[attack.method].title}, {levels(attack.epsilon)}, {attack.steps} iterations; {views.count}"
        f" views; seeds from {attack.seed}"
    )
    drawn = table(heads, rows, "Right and wrong answers on many pictures")
    return section("Right and wrong, picture by picture", f'<div class="strip">{drawn}</div>', made)


def _share(strip: Strip, method: str | None) -> str:
    hits, total = strip.right(method), len(strip.rows)
    low, high = engine.wilson(hits, total)
    return f'<b>{hits} of {total}</b><br><small title="{esc(text.WILSON)}">{100 * low:.0f}–{100 * high:.0f} %</small>'


def _row(row: Row) -> tuple[str, ...]:
    picture = f'<img class="tiny" src="{row.thumbnail}" alt="{esc(row.truth)}">'
    cells = [_cell(answer, row.truth) for answer in (row.clean, *(answer for _, answer in row.answers))]
    return picture, esc(row.truth), *cells


def _cell(answer: str, truth: str) -> str:
    if answer == truth:
        return '<span class="good" title="right">✓</span>'
    words = " ".join(differing_words(answer, truth))
    return f'<span class="bad" title="{esc(answer)}">✗</span> <small title="{esc(answer)}">{esc(words)}</small>'
