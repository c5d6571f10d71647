"""What a visitor chooses once: picture, class names, true class, seed. Stays visible beside every step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import gradio as gr
import numpy as np
import torch
from PIL import Image

import engine
from app.choices import NO_TRUTH, Choices
from app.components.controls import listed
from app.components.tiles import PICK
from app.components.upload import PictureFile
from app.export.buttons import restored
from app.figures.html import esc, note
from app.figures.journey import journey
from app.figures.pictures import thumbnail
from app.labels import NO_SET, LabelSet, offered
from app.models import Models
from app.page import Page
from app.panels.model import ModelPicker
from app.panels.painter import Painter
from app.picture_sources import Opened, PictureSources
from app.present import present
from app.restore import RestoreLine
from app.run import Job
from app.samples import Sample
from app.session import Session, Shown
from app.text import words as text

FOLD_IF_NARROW = "() => { if (window.innerWidth <= 900) document.querySelector('#question > button')?.click(); }"


class Inputs:
    """The column of inputs; `outputs` are what a new picture sets anew, `followers` what another session does."""

    def __init__(self, sources: PictureSources, models: Models, head: gr.HTML, label_sets: Sequence[LabelSet]) -> None:
        self.sources, samples, self.label_sets = sources, sources.samples, tuple(label_sets)
        first = samples[0] if samples else None
        self.gallery = gr.HTML(self._tiles(0), elem_id="samples", js_on_load=PICK)
        self.upload = PictureFile(
            type="filepath", image_mode=None, format="png", sources=["upload", "clipboard", "webcam"], height=110,
            label=text.UPLOAD, elem_id="upload", buttons=[],
        )  # fmt: skip
        self.painter = Painter()
        with gr.Accordion(text.QUESTION, open=True, elem_id="question"):
            self.truth = gr.Dropdown(
                [NO_TRUTH, *(first.classes if first else ())], value=first.truth if first else NO_TRUTH,
                label=text.TRUTH, info=text.TRUTH_INFO, elem_id="true-class", filterable=True,
                allow_custom_value=True,  # names may have changed since; `Choices.label` reads a stranger as none
            )  # fmt: skip
            self.names = gr.Textbox(
                "\n".join(first.classes) if first else "", label=text.CLASSES, lines=6, max_lines=10,
                max_length=220_000, info=_about_names(sources.backbone), elem_id="class-names",
            )  # fmt: skip
            self.labels = gr.Dropdown(
                offered(self.label_sets, sources.backbone), value=NO_SET, label=text.LABEL_SET,
                info=text.LABEL_SET_INFO, elem_id="label-set", filterable=False, visible=bool(self.label_sets),
            )  # fmt: skip
            with gr.Row():
                self.template = gr.Textbox(
                    engine.classes.DEFAULT_TEMPLATE, label=text.TEMPLATE, info=text.TEMPLATE_INFO, max_length=200,
                    elem_id="template", min_width=150,
                )  # fmt: skip
                self.seed = gr.Number(
                    0, label=text.SEED, info=text.SEED_INFO, precision=0, elem_id="seed", min_width=100
                )
            with gr.Accordion(text.PROMPT_MORE, open=False, elem_id="prompt-more"):
                self.ensemble = gr.Checkbox(
                    False, label=text.ENSEMBLE, info=_about_sentences(sources.backbone), elem_id="prompt-ensemble"
                )
                self.word = gr.Textbox(
                    "", label=text.DOMAIN_WORD, info=text.DOMAIN_WORD_INFO, max_length=40, elem_id="domain-word"
                )
            self.model = ModelPicker(models, sources, head)
        self.controls = {
            "class_names": self.names, "template": self.template, "true_class": self.truth, "seed": self.seed,
            "prompt_ensemble": self.ensemble, "domain_word": self.word,
        }  # fmt: skip
        self.outputs = [self.gallery, self.upload, self.names, self.truth]
        self.followers = [*self.outputs, self.labels, *self.painter.fields, *self.model.outputs]

    def wire(self, page: Page) -> None:
        """Picking, painting, uploading and rewriting the question."""
        self._wire_sample(page)
        self._wire_upload(page)
        self._wire_labels(page)
        self.model.wire(page, self._follow, [self.names, self.labels, self.ensemble])
        self.painter.wire(page, self.take, [*self.outputs, *self.painter.fields])
        page.compute(self.names.blur, self._rewritten(page), [self.truth])
        page.compute(self.template.blur, self._rewritten(page), [self.truth])
        page.compute(self.truth.input, self._rewritten(page), [self.truth])
        page.compute(self.ensemble.input, self._rewritten(page), [self.truth])
        page.compute(self.word.blur, self._rewritten(page), [self.truth])

    def wire_load(self, page: Page, load: Callable, restore: RestoreLine) -> None:
        """A fresh page shows what its link asks for, else the first sample, and offers the tab's last result."""

        def handler(request: gr.Request, token: str | None, *values: object) -> Iterator[dict]:
            job = page.job(request, engine.Settings())
            opened, choices, complaints = restored(page, self.sources, dict(request.query_params))
            if opened is None and not self.sources.samples:
                yield page.draw(job.session, choices) | page.say(text.EMPTY["Picture"])
                return
            opened = opened or self.sources.sample(0)
            yield restore.offer(page, token, present(request.session_hash), opened.shown.source)
            linked = choices != Choices(*values)
            if linked:
                yield page.set(choices) | self._beside(opened)
            yield from self._begin(page, job, choices, opened.shown)
            if complaints:
                yield page.say(" ".join(complaints), "bad")
            else:
                yield page.say(text.RESTORED if linked else text.READY)

        outputs = [*self.outputs, *page.inputs, *self.painter.fields, restore.drawn]
        page.listen(load, handler, outputs, [restore.drawn])

    def fold(self, load: Callable) -> None:
        """Where the page is narrow, the question folds away, so that the steps are in reach."""
        load(None, None, None, js=FOLD_IF_NARROW, api_visibility="private")

    def again(self, page: Page, session: Session, choices: Choices) -> dict:
        """Every field as it stood with a session and choices from before; the upload field alone stays empty."""
        opened = Opened(
            present(session.picture), () if session.classes is None else session.classes.names, choices.true_class
        )
        backbone = page.models.worker(session.model).backbone
        shown = self._follow(backbone, choices) | self.model.show(page, backbone, choices) | self._beside(opened)
        return page.set(choices) | shown

    def take(
        self, page: Page, request: gr.Request, values: Sequence, open_it: Callable[[PictureSources], Opened]
    ) -> Iterator[dict]:
        """Make the picture that `open_it` opens the visitor's, with its question where it has one."""
        job = page.job(request, engine.Settings())
        try:
            opened = open_it(self.sources.on(job.worker.backbone))
        except engine.EngineError as error:
            yield {self.upload: None} | page.complain(present(request.session_hash), error)
            return
        choices = _asking(Choices(*values), opened)
        yield self._fields(opened) | page.say(text.BUSY["clean"], "busy")
        yield from self._begin(page, job, choices, opened.shown)
        yield {page.journey: journey(job.session, go=1)} | page.say(text.READY)

    # -- listeners -------------------------------------------------------------------------------------------------

    def _wire_sample(self, page: Page) -> None:
        def handler(event: gr.EventData, request: gr.Request, *values: object) -> Iterator[dict]:
            place = getattr(event, "index", None)
            if not isinstance(place, int) or not 0 <= place < len(self.sources.samples):
                yield page.say(text.EMPTY["Picture"])
                return
            yield from self.take(page, request, values, lambda sources: sources.sample(place))

        page.listen(self.gallery.click, handler, self.outputs)

    def _wire_upload(self, page: Page) -> None:
        def handler(request: gr.Request, path: str | None, *values: object) -> Iterator[dict]:
            if path is None:
                yield {page.status: gr.skip()}
                return
            yield from self.take(page, request, values, lambda sources: sources.file(path))

        page.listen(self.upload.input, handler, self.outputs, [self.upload])

    def _wire_labels(self, page: Page) -> None:
        def handler(request: gr.Request, key: str | None, *values: object) -> Iterator[dict]:
            chosen = next((each for each in self.label_sets if each.key == key), None)
            if chosen is None:
                yield {page.status: gr.skip()}
                return
            names = "\n".join(chosen.names)
            choices = Choices(*values)._replace(class_names=names, template=chosen.template, true_class=NO_TRUTH)
            truths = gr.Dropdown(choices=[NO_TRUTH, *chosen.names], value=NO_TRUTH)
            source = gr.Dropdown(info=text.LABEL_SET_FROM.format(source=chosen.source))
            yield {self.names: names, self.template: chosen.template, self.truth: truths, self.labels: source}
            job = page.job(request, engine.Settings())
            if job.session.picture is not None:
                yield from page.story.settle(job, choices)
            yield page.say(text.READY)

        page.listen(
            self.labels.input, handler, [self.names, self.template, self.truth, self.labels], before=[self.labels]
        )

    def _follow(self, backbone: engine.Backbone, choices: Choices | None = None) -> dict:
        """What the fields say with another model in use, and what they hold where they are to hold `choices`."""
        names, mixed = (
            ({}, {}) if choices is None else ({"value": choices.class_names}, {"value": choices.prompt_ensemble})
        )
        return {
            self.names: gr.update(info=_about_names(backbone)) | names,
            self.ensemble: gr.update(info=_about_sentences(backbone)) | mixed,
            self.labels: gr.Dropdown(
                choices=offered(self.label_sets, backbone), value=NO_SET, info=text.LABEL_SET_INFO
            ),
        }

    def _fields(self, opened: Opened) -> dict:
        """What the column shows with a picture just opened; an uploaded file keeps the class names that stand."""
        if not opened.names:
            return self._beside(opened) | {self.truth: NO_TRUTH}
        return self._beside(opened) | {self.upload: None, self.names: "\n".join(opened.names)}

    def _beside(self, opened: Opened) -> dict:
        """The chosen tile, the painter's fields, and the truths there are to choose from."""
        kind, _, rest = opened.shown.source.partition(" ")
        updates: dict = {self.gallery: self._tiles(int(rest) if kind == "sample" else None)}
        if kind == "specimen":
            updates |= self.painter.show(rest)
        if opened.names:
            updates[self.truth] = gr.Dropdown(choices=[NO_TRUTH, *opened.names], value=opened.truth)
        return updates

    def _begin(self, page: Page, job: Job, choices: Choices, shown: Shown) -> Iterator[dict]:
        job.keep(job.session.with_picture(shown))
        yield page.draw(job.session, choices)
        yield from page.story.settle(job, choices)

    def _rewritten(self, page: Page) -> Callable:
        def work(job: Job, choices: Choices) -> Iterator[dict]:
            if job.session.picture is None:
                yield {page.status: gr.skip()}
                return
            before = job.session
            yield from page.story.settle(job, choices)
            if job.session is before:
                yield {page.status: gr.skip()}
                return
            classes = present(job.session.classes)
            names = classes.names
            kept = listed(NO_TRUTH, names, choices.true_class)
            yield {self.truth: gr.Dropdown(choices=[NO_TRUTH, *names], value=kept)} | page.say(text.READY)
            if choices.word:  # one that A-TPT cannot put into its prompts is refused at once
                job.worker.backbone.prompts(engine.with_domain_word(classes, choices.word))

        return work

    def _tiles(self, chosen: int | None) -> str:
        if not self.sources.samples:
            return note(text.NO_SAMPLES)
        tiles = "".join(_tile(place, sample, place == chosen) for place, sample in enumerate(self.sources.samples))
        return f'<div class="label">{esc(text.SAMPLES)}</div><div class="sample-grid">{tiles}</div>'


def _about_names(backbone: engine.Backbone) -> str:
    return text.CLASSES_OPEN if backbone.words is None else text.CLASSES_CLOSED


def _about_sentences(backbone: engine.Backbone) -> str:
    return text.ENSEMBLE_INFO.format(count=len(backbone.templates), sample=backbone.templates[-1])


def _asking(choices: Choices, opened: Opened) -> Choices:
    """The page's choices with the picture's own question, or with no true class where it brings none."""
    if not opened.names:
        return choices._replace(true_class=NO_TRUTH)
    return choices._replace(class_names="\n".join(opened.names), true_class=opened.truth)


def _tile(place: int, sample: Sample, chosen: bool) -> str:
    with Image.open(sample.path) as image:
        pixels = torch.from_numpy(np.asarray(image.convert("RGB")).copy()).permute(2, 0, 1) / 255
    return (
        f'<button type="button" class="sample" data-index="{place}" aria-pressed="{str(chosen).lower()}"'
        f' title="{esc(sample.title)}: {esc(sample.question)}"><img src="{thumbnail(pixels)}"'
        f' alt="{esc(sample.title)}"></button>'
    )
