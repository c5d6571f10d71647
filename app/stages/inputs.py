"""What a visitor chooses once: picture, class names, true class, seed. Stays visible beside every step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import numpy as np
import torch
from PIL import Image

import engine
from app import text
from app.choices import LARGEST_SEED, NO_TRUTH, Choices
from app.figures.html import esc, note
from app.figures.journey import journey
from app.figures.pictures import thumbnail
from app.page import Page
from app.run import Job
from app.samples import Sample
from app.session import Shown

PICK = """element.addEventListener('click', (event) => {
  const tile = event.target.closest('[data-index]');
  if (tile) trigger('click', {index: Number(tile.dataset.index)});
});"""


def _upload_field() -> gr.Image:
    """An upload field that hands over the file as it came: the engine decodes it and explains what is wrong.

    The method is set on the instance because Gradio writes a stub file beside every subclass of a component.
    """
    field = gr.Image(
        type="filepath", image_mode=None, format="png", sources=["upload", "clipboard"], height=110,
        label=text.UPLOAD, elem_id="upload", buttons=[],
    )  # fmt: skip
    field.preprocess = lambda payload: None if payload is None else payload.path
    return field


class Inputs:
    """The column of inputs; `outputs` are what a new picture sets anew."""

    def __init__(self, backbone: engine.Backbone, samples: tuple[Sample, ...]) -> None:
        self.backbone, self.samples = backbone, samples
        closed = backbone.words is not None
        first = samples[0] if samples else None
        self.gallery = gr.HTML(self._tiles(0), elem_id="samples", js_on_load=PICK)
        self.upload = _upload_field()
        self.truth = gr.Dropdown(
            [NO_TRUTH, *(first.classes if first else ())], value=first.truth if first else NO_TRUTH,
            label=text.TRUTH, info=text.TRUTH_INFO, elem_id="truth", filterable=True,
            allow_custom_value=True,  # names may have changed since; `Choices.label` reads a stranger as none
        )  # fmt: skip
        self.names = gr.Textbox(
            "\n".join(first.classes) if first else "", label=text.CLASSES, lines=6, max_lines=10, max_length=220_000,
            info=text.CLASSES_CLOSED if closed else text.CLASSES_OPEN, elem_id="class-names",
        )  # fmt: skip
        with gr.Row():
            self.template = gr.Textbox(
                "a photo of a {}.",
                label=text.TEMPLATE,
                info=text.TEMPLATE_INFO,
                max_length=200,
                elem_id="template",
                min_width=150,
            )
            self.seed = gr.Number(
                0,
                label=text.SEED,
                info=text.SEED_INFO,
                precision=0,
                minimum=0,
                maximum=LARGEST_SEED,
                elem_id="seed",
                min_width=100,
            )
        if closed:
            words = ", ".join(sorted(backbone.words))
            gr.HTML(
                f'<details class="words"><summary>The {len(backbone.words)} words this model'
                f" knows</summary>{esc(words)}</details>"
            )
        self.controls = {"class_names": self.names, "template": self.template, "truth": self.truth, "seed": self.seed}
        self.outputs = [self.gallery, self.upload, self.names, self.truth]

    def wire(self, page: Page) -> None:
        """Picking, uploading and rewriting the question."""
        self._wire_sample(page)
        self._wire_upload(page)
        page.compute(self.names.blur, self._rewritten(page), [self.truth])
        page.compute(self.template.blur, self._rewritten(page), [self.truth])
        page.compute(self.truth.input, self._rewritten(page), [self.truth])

    def load_first(self, page: Page) -> callable:
        """Work for a fresh page: the first sample is there before anything is pressed."""

        def work(job: Job, choices: Choices) -> Iterator[dict]:
            if self.samples:
                sample = self.samples[0]
                fresh = choices._replace(class_names="\n".join(sample.classes), truth=sample.truth)
                yield from self._begin(page, job, fresh, self._read_sample(sample))
                yield self._say_ready(page)
            else:
                yield page.draw(job.session, choices) | page.say(text.EMPTY["Picture"])

        return work

    # -- listeners -------------------------------------------------------------------------------------------------

    def _wire_sample(self, page: Page) -> None:
        def handler(event: gr.EventData, request: gr.Request, *values: object) -> Iterator[dict]:
            place = getattr(event, "index", None)
            if not isinstance(place, int) or not 0 <= place < len(self.samples):
                yield page.say(text.EMPTY["Picture"])
                return
            sample = self.samples[place]
            choices = Choices(*values)._replace(class_names="\n".join(sample.classes), truth=sample.truth)
            fields = {
                self.gallery: self._tiles(place),
                self.upload: None,
                self.names: choices.class_names,
                self.truth: gr.Dropdown(choices=[NO_TRUTH, *sample.classes], value=sample.truth),
            }
            yield from self._new_picture(page, request, choices, fields, lambda: self._read_sample(sample))

        page.listen(self.gallery.click, handler, self.outputs)

    def _wire_upload(self, page: Page) -> None:
        def handler(request: gr.Request, path: str | None, *values: object) -> Iterator[dict]:
            if path is None:
                yield {page.status: gr.skip()}
                return
            choices = Choices(*values)._replace(truth=NO_TRUTH)
            fields = {self.gallery: self._tiles(None), self.truth: NO_TRUTH}
            yield from self._new_picture(page, request, choices, fields, lambda: self._read_file(path))

        page.listen(self.upload.input, handler, self.outputs, [self.upload])

    def _new_picture(self, page: Page, request: gr.Request, choices: Choices, fields: dict, read) -> Iterator[dict]:
        try:
            shown = read()
        except engine.EngineError as error:
            yield {self.upload: None} | page.complain(request, error)
            return
        yield fields | page.say(text.BUSY["clean"], "busy")
        job = Job(page.worker, page.store, request.session_hash, engine.Settings())
        yield from self._begin(page, job, choices, shown)
        yield {page.journey: journey(job.session, go=1)} | self._say_ready(page)

    def _begin(self, page: Page, job: Job, choices: Choices, shown: Shown) -> Iterator[dict]:
        job.keep(job.session.with_picture(shown))
        yield page.draw(job.session, choices)
        yield from page.story.settle(job, choices)

    def _rewritten(self, page: Page):
        def work(job: Job, choices: Choices) -> Iterator[dict]:
            if job.session.picture is None:
                yield {page.status: gr.skip()}
                return
            before = job.session
            yield from page.story.settle(job, choices)
            if job.session is before:
                yield {page.status: gr.skip()}
                return
            names = job.session.classes.names
            kept = choices.truth if choices.truth in names else NO_TRUTH
            yield {self.truth: gr.Dropdown(choices=[NO_TRUTH, *names], value=kept)} | self._say_ready(page)

        return work

    def _say_ready(self, page: Page) -> dict:
        return page.say(text.READY)

    # -- reading ---------------------------------------------------------------------------------------------------

    def _read_sample(self, sample: Sample) -> Shown:
        picture = engine.load_picture(sample.path)
        mask = None if sample.mask is None else self._mask(sample.mask)
        pixels = self.backbone.prepare(picture.image)
        return Shown(sample.title, picture.note, picture.image.size, pixels, sample.question, mask)

    def _read_file(self, path: str) -> Shown:
        picture = engine.load_picture(path)
        return Shown(Path(path).name, picture.note, picture.image.size, self.backbone.prepare(picture.image))

    def _mask(self, path: Path) -> torch.Tensor:
        with Image.open(path) as image:
            return self.backbone.prepare(image.convert("RGB"))[0] > 0.5

    def _tiles(self, chosen: int | None) -> str:
        if not self.samples:
            return note(text.NO_SAMPLES)
        tiles = "".join(_tile(place, sample, place == chosen) for place, sample in enumerate(self.samples))
        return f'<div class="label">{esc(text.SAMPLES)}</div><div class="sample-grid">{tiles}</div>'


def _tile(place: int, sample: Sample, chosen: bool) -> str:
    with Image.open(sample.path) as image:
        pixels = torch.from_numpy(np.asarray(image.convert("RGB")).copy()).permute(2, 0, 1) / 255
    return (
        f'<button type="button" class="sample" data-index="{place}" aria-pressed="{str(chosen).lower()}"'
        f' title="{esc(sample.title)}: {esc(sample.question)}"><img src="{thumbnail(pixels)}"'
        f' alt="{esc(sample.title)}"></button>'
    )
