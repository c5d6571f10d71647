"""Step 7: many pictures at once, as accuracies with their 95 % intervals."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace

import gradio as gr
import numpy as np

import engine
from app.batch import Batch, Row
from app.choices import Choices
from app.components.controls import menu
from app.components.slider import Range
from app.components.upload import PictureFiles, Upload
from app.figures.batch import batch_table
from app.figures.html import caption, empty
from app.figures.measured import measured_tables
from app.figures.pictures import thumbnail, to_uint8
from app.measured import load_measured
from app.models import Models
from app.panels.mosaic import Mosaic
from app.panels.reliability import Reliability
from app.panels.sweep import SweepPart
from app.picture_sources import Opened, PictureSources
from app.present import present
from app.state.found import Found, find
from app.state.parts import Account
from app.state.visitors import Progress, Visitor
from app.text import many as text
from app.text import words
from app.text.counted import counted
from app.wiring.page import Page
from app.wiring.pieces import Piece
from app.wiring.running import Running

SAMPLES, SPECIMENS, OWN = "samples", "specimens", "own"
MOST = 16  # pictures at once


class BatchPanel:
    """The panel of step 7; its own fields ask for pictures, everything else is as the other steps have it."""

    compared = None  # many pictures are compared with no others

    def __init__(self, sources: PictureSources) -> None:
        self.sources = sources
        listed = {name: label for name, label in text.BATCH_SOURCES.items() if name != SAMPLES or sources.samples}
        first = next(iter(listed))
        with gr.Row(elem_classes=["controls"]):
            self.source = menu(listed, first, text.BATCH_SOURCE, "batch-source", 230)
            self.count = Range(
                2, MOST, 8, step=1, label=text.BATCH_COUNT, elem_id="batch-count", min_width=150, buttons=[]
            )
            self.button = gr.Button(text.BATCH_RUN, elem_id="batch-run", min_width=120, scale=0)
        with gr.Row(visible=False) as self.own:
            self.files = PictureFiles(
                file_count="multiple", file_types=["image"], label=text.BATCH_FILES, height=150, elem_id="batch-files",
            )  # fmt: skip
            self.truths = gr.Textbox(
                "", label=text.BATCH_TRUTHS, info=text.BATCH_TRUTHS_INFO, lines=4, max_lines=MOST, max_length=4_000,
                elem_id="batch-truths",
            )  # fmt: skip
        self.drawn = gr.HTML(elem_id="batch")
        gr.HTML(caption(text.BATCH_CAPTION))
        self.mosaic = Mosaic(sources)
        self.reliability = Reliability(self.mosaic.controls)
        self.sweep = SweepPart()
        gr.HTML(measured_tables(load_measured()))
        self.controls = self.mosaic.controls
        parts = (self.mosaic, self.reliability, self.sweep)
        self.pieces = [Piece(self.draw, [self.drawn], ("batch",)), *(piece for part in parts for piece in part.pieces)]

    def wire(self, page: Page, running: Running) -> None:
        """The button runs the attack and the defences of the other steps on every picture."""
        self.source.input(
            lambda source: (gr.update(visible=source != OWN), gr.update(visible=source == OWN)), self.source,
            [self.count, self.own], show_progress="hidden", api_visibility="private", concurrency_limit=None,
        )  # fmt: skip

        def handler(
            request: gr.Request, source: str, count: float, files: list[Upload], truths: str, key: str
        ) -> Generator[dict]:
            started, visitor = time.monotonic(), page.visitors.get(key)
            choices, backbone = present(visitor.choices), page.backbone(visitor)
            how = engine.PictureSettings(choices.fit)  # where a frame lies belongs to a single picture
            settings, sources = choices.settings(), self.sources.on(backbone, how)
            if source == OWN:
                openers = own_pictures(sources, files, truths, choices.classes().names)
            else:
                openers = _pictures(sources, source, int(count), settings.attack.seed)
            page.visitors.change(key, progress=Progress(7))
            yield page.nudged() | page.say(words.BUSY["batch"], "busy", 0.0)
            batch = Batch(settings, len(openers))
            account = Account(key, page.results.turns, page.budget)
            for batch in _answered(page.models, backbone, openers, settings, choices, account):
                page.visitors.change(key, batch=batch)
                left = (time.monotonic() - started) / batch.done * (batch.total - batch.done)
                said = counted(text.BATCH_PROGRESS, done=batch.done, total=batch.total, left=left)
                yield page.nudged() | page.say(said, "busy", batch.done / batch.total)
            yield page.rest(key, *((words.DONE["batch"], "good") if batch.rows else (text.BATCH_NO_PICTURE, "bad")))

        self.sweep.wire(page)
        own = [self.source, self.count, self.files, self.truths]
        page.listen(self.button.click, handler, before=own, alone=True)

    def draw(self, found: Found, choices: Choices) -> dict:
        """What there is to see, or what to press."""
        return {self.drawn: empty(words.EMPTY["Many"]) if found.batch is None else batch_table(found.batch)}


def own_pictures(
    sources: PictureSources, files: Sequence[Upload], truths: str, names: Sequence[str]
) -> list[tuple[str, Callable[[], Opened]]]:
    """File names, and ways to open a visitor's own files with the page's class names.

    `truths` holds a true class a line, in the order of the files; an empty line is none. Raises `EngineError` for no
    files, too many, or lines that are no class names or more than there are files.
    """
    if not files:
        raise engine.EngineError(text.BATCH_NO_FILES.format(most=MOST))
    if len(files) > MOST:
        raise engine.EngineError(text.BATCH_TOO_MANY.format(most=MOST, got=len(files)))
    given = [line.strip() for line in (truths or "").rstrip().splitlines()]
    if len(given) > len(files):
        raise engine.EngineError(text.BATCH_TRUTHS_MORE.format(got=len(given), count=len(files)))
    given += [""] * (len(files) - len(given))
    called = [file.name for file in files]
    places = [engine.classes.find(truth, names) for truth in given]
    for truth, place, name in zip(given, places, called, strict=True):
        if truth and place is None:
            raise engine.EngineError(text.BATCH_TRUTH_ODD.format(name=name, got=truth[:60]))

    def opener(file: Upload, place: int | None) -> Callable[[], Opened]:
        truth = None if place is None else names[place]
        return lambda: replace(sources.file(*file), names=tuple(names), truth=truth)

    return [(file.name, opener(file, place)) for file, place in zip(files, places, strict=True)]


def _pictures(sources: PictureSources, source: str, count: int, seed: int) -> list[tuple[str, Callable[[], Opened]]]:
    """Ways to open `count` pictures: the samples offered, or specimens held out of training, drawn by `seed`."""
    if source == SAMPLES:
        return [("", lambda place=place: sources.sample(place)) for place in sources.offered[:count]]
    return [("", lambda place=place: _specimen(sources, seed, place)) for place in range(count)]


def _answered(
    models: Models,
    backbone: engine.Backbone,
    openers: Sequence[tuple[str, Callable[[], Opened]]],
    settings: engine.Settings,
    choices: Choices,
    account: Account,
) -> Iterator[Batch]:
    """A longer batch after each picture; picture i is attacked and defended with the settings' seed plus i.

    A file that is no picture leaves its sentence, and the others go on.
    """
    batch = Batch(settings, len(openers))
    for place, (name, open_it) in enumerate(openers):
        try:
            opened = open_it()
        except engine.EngineError as error:
            batch = replace(batch, refused=(*batch.refused, f"“{name}”: {error}"))
        else:
            own = settings.with_seed(settings.attack.seed + place)
            row = replace(_asked(models, backbone, opened, own, choices, account), name=name)
            batch = replace(batch, rows=(*batch.rows, row))
        yield batch


def _specimen(sources: PictureSources, seed: int, place: int) -> Opened:
    rng = np.random.default_rng((seed, place))
    return sources.specimen(engine.fieldguide.random_specimen(rng, held_out=True), int(rng.integers(10_000)))


def _asked(
    models: Models,
    backbone: engine.Backbone,
    opened: Opened,
    settings: engine.Settings,
    choices: Choices,
    account: Account,
) -> Row:
    """The picture's row, with its own class names in the prompt of the page."""
    asking = choices._replace(class_names="\n".join(opened.names))
    classes = asking.classes(backbone.templates)
    label = None if opened.truth is None else classes.index(opened.truth)
    recipe = engine.story.Recipe(opened.shown.picture, classes, label, settings)
    question = account.question(backbone, recipe)
    parts = ("adversarial", "defences")
    models.compute(question, *parts)
    found = find(question, Visitor(asked=frozenset({"clean", *parts})))
    hit = present(found.adversarial)

    def read(answer: engine.Prediction) -> str:
        return "" if found.abstains(answer) else answer.name

    answers = tuple((defence.defence, read(defence.prediction)) for defence in found.defences)
    shown = opened.shown
    return Row(
        thumbnail(to_uint8(shown.pixels)),
        opened.truth or "",
        read(hit.known_before),
        answers,
        note=shown.note,
        blind=hit.blind,
        strange=found.strange,
    )
