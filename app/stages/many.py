"""Step 7: many pictures at once, with the interval that so few of them leave."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np

import engine
from app import text
from app.choices import Choices
from app.controls import menu
from app.figures.html import caption, empty
from app.figures.journey import journey
from app.figures.measured import measured_tables
from app.figures.pictures import thumbnail
from app.figures.strip import strip_table
from app.measured import load_measured
from app.page import Page
from app.run import Worker
from app.session import Session
from app.shelf import Opened, Shelf
from app.slider import Range
from app.strip import Row, Strip
from app.upload import PictureFiles

SAMPLES, SPECIMENS, OWN = "samples", "specimens", "own"
MOST = 16  # pictures at once


class ManyStage:
    """The panel of step 7; its own fields ask for pictures, everything else is as the other steps have it."""

    controls: dict = {}

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        sources = {name: said for name, said in text.STRIP_SOURCES.items() if name != SAMPLES or shelf.samples}
        first = next(iter(sources))
        with gr.Row(elem_classes=["controls"]):
            self.source = menu(sources, first, text.STRIP_SOURCE, "strip-source", 230)
            self.count = Range(
                2, MOST, 8, step=1, label=text.STRIP_COUNT, elem_id="strip-count", min_width=150, buttons=[]
            )
            self.button = gr.Button(text.STRIP_RUN, elem_id="strip-run", min_width=120, scale=0)
        with gr.Row(visible=False) as self.own:
            self.files = PictureFiles(
                file_count="multiple", file_types=["image"], label=text.STRIP_FILES, height=150, elem_id="strip-files",
            )  # fmt: skip
            self.truths = gr.Textbox(
                "", label=text.STRIP_TRUTHS, info=text.STRIP_TRUTHS_INFO, lines=4, max_lines=MOST, max_length=4_000,
                elem_id="strip-truths",
            )  # fmt: skip
        self.drawn = gr.HTML(elem_id="strip")
        gr.HTML(caption(text.STRIP_CAPTION))
        gr.HTML(measured_tables(load_measured()))
        self.outputs = [self.drawn]

    def wire(self, page: Page) -> None:
        """The button runs the attack and the methods of the other steps on every picture."""
        self.source.input(
            lambda source: (gr.update(visible=source != OWN), gr.update(visible=source == OWN)), self.source,
            [self.count, self.own], show_progress="hidden", api_visibility="private", concurrency_limit=None,
        )  # fmt: skip

        def handler(
            request: gr.Request, source: str, count: float, files: list[str], truths: str, *values: object
        ) -> Iterator[dict]:
            choices = Choices(*values)
            job = page.job(request, choices.settings())
            shelf = self.shelf.on(job.worker.backbone)
            if source == OWN:
                openers = own_pictures(shelf, files, truths, choices.classes().names)
            else:
                openers = _pictures(shelf, source, int(count), job.settings.attack.seed)
            yield {page.journey: journey(job.session, 7)} | page.say(text.BUSY["strip"], "busy", 0.0)
            for strip in _answered(job.worker, openers, job.settings, choices):
                job.keep(replace(job.session, strip=strip))
                left = (time.monotonic() - job.started) / strip.done * (strip.total - strip.done)
                said = text.STRIP_PROGRESS.format(done=strip.done, total=strip.total, left=left)
                yield self.draw(job.session, choices) | page.say(said, "busy", strip.done / strip.total)
            said = (text.DONE["strip"], "good") if strip.rows else (text.STRIP_NO_PICTURE, "bad")
            yield page.draw(job.session, choices, 7, 7) | page.say(*said)

        page.note_press(self.button)
        page.listen(self.button.click, handler, before=[self.source, self.count, self.files, self.truths])

    def draw(self, session: Session, choices: Choices) -> dict:
        """The panel as the session has it."""
        return {self.drawn: empty(text.EMPTY["Many"]) if session.strip is None else strip_table(session.strip)}


def own_pictures(
    shelf: Shelf, files: Sequence[str], truths: str, names: Sequence[str]
) -> list[tuple[str, Callable[[], Opened]]]:
    """File names, and ways to open a visitor's own files with the page's class names.

    `truths` holds a true class a line, in the order of the files; an empty line is none. Raises `EngineError` for no
    files, too many, or lines that are no class names or more than there are files.
    """
    if not files:
        raise engine.EngineError(text.STRIP_NO_FILES.format(most=MOST))
    if len(files) > MOST:
        raise engine.EngineError(text.STRIP_TOO_MANY.format(most=MOST, got=len(files)))
    given = [line.strip() for line in (truths or "").rstrip().splitlines()]
    if len(given) > len(files):
        raise engine.EngineError(text.STRIP_TRUTHS_MORE.format(got=len(given), count=len(files)))
    given += [""] * (len(files) - len(given))
    called = [Path(path).name for path in files]
    for truth, name in zip(given, called, strict=True):
        if truth and truth not in names:
            raise engine.EngineError(text.STRIP_TRUTH_ODD.format(name=name, got=truth[:60]))

    def opener(path: str, truth: str) -> Callable[[], Opened]:
        return lambda: replace(shelf.file(path), names=tuple(names), truth=truth or None)

    return [(name, opener(path, truth)) for name, path, truth in zip(called, files, given, strict=True)]


def _pictures(shelf: Shelf, source: str, count: int, seed: int) -> list[tuple[str, Callable[[], Opened]]]:
    """Ways to open `count` pictures: the samples in order, or specimens held out of training, drawn by `seed`."""
    if source == SAMPLES:
        return [("", lambda place=place: shelf.sample(place)) for place in range(min(count, len(shelf.samples)))]
    return [("", lambda place=place: _specimen(shelf, seed, place)) for place in range(count)]


def _answered(
    worker: Worker, openers: Sequence[tuple[str, Callable[[], Opened]]], settings: engine.Settings, choices: Choices
) -> Iterator[Strip]:
    """A longer strip after each picture; picture i is attacked and defended with the settings' seed plus i.

    A file that is no picture leaves its sentence, and the others go on.
    """
    strip = Strip(settings, len(openers))
    for place, (name, open_it) in enumerate(openers):
        try:
            opened = open_it()
        except engine.EngineError as error:
            strip = replace(strip, refused=(*strip.refused, f"“{name}”: {error}"))
        else:
            row = _asked(worker, opened, settings.with_seed(settings.attack.seed + place), choices, name)
            strip = replace(strip, rows=(*strip.rows, row))
        yield strip


def _specimen(shelf: Shelf, seed: int, place: int) -> Opened:
    rng = np.random.default_rng((seed, place))
    return shelf.specimen(engine.random_specimen(rng, held_out=True), int(rng.integers(10_000)))


def _asked(worker: Worker, opened: Opened, settings: engine.Settings, choices: Choices, name: str) -> Row:
    """The picture's row, with its own class names in the prompt of the page."""
    asking, pixels = choices._replace(class_names="\n".join(opened.names)), opened.shown.pixels
    classes = asking.classes(worker.backbone.templates)
    label = None if opened.truth is None else classes.index(opened.truth)
    adversarial = worker.one("attack", pixels, classes, settings.attack, label)
    defences = worker.stream("defend", adversarial.saved, classes, settings)
    answers = tuple((defence.method, defence.prediction.name) for defence in defences)
    return Row(thumbnail(pixels), opened.truth or "", adversarial.before.name, answers, name, opened.shown.note)
