"""What a visitor chooses once: picture, class names, true class, seed. Stays visible beside every step."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

import gradio as gr
import numpy as np
from PIL import Image

import engine
from app.choices import NO_TRUTH, Choices
from app.components.controls import listed, listing
from app.components.tiles import PICK
from app.components.upload import PictureFile, Upload
from app.export.buttons import restored, restored_pin
from app.figures.html import esc, note
from app.figures.pictures import thumbnail
from app.labels import NO_SET, LabelSet, offered
from app.models import Models
from app.panels.model import ModelPicker
from app.panels.painter import Painter
from app.picture_sources import Opened, PictureSources
from app.present import present
from app.restore import RestoreLine
from app.samples import Sample
from app.state.found import Found
from app.state.visitors import Visitor
from app.text import words as text
from app.wiring.page import Page
from app.wiring.pieces import Piece

FOLD_IF_NARROW = "() => { if (window.innerWidth <= 900) document.querySelector('#question > button')?.click(); }"


class Inputs:
    """The column of inputs; `outputs` are what a new picture sets anew, `followers` what another found does."""

    def __init__(self, sources: PictureSources, models: Models, head: gr.HTML, label_sets: Sequence[LabelSet]) -> None:
        self.sources, samples, self.label_sets = sources, sources.samples, tuple(label_sets)
        first = samples[0] if samples else None
        self.thumbnails = [_thumbnail(sample) for sample in sources.samples]
        self.gallery = gr.HTML(self._tiles(0), elem_id="samples", js_on_load=PICK)
        self.upload = PictureFile(
            type="filepath", image_mode=None, format="png", sources=["upload", "clipboard", "webcam"], height=110,
            label=text.UPLOAD, elem_id="upload", buttons=[],
            webcam_options=gr.WebcamOptions(mirror=False),  # the model is to see what stands there, writing too
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
        self.pieces = [Piece(self.draw, [self.truth], ("classes",))]
        self.outputs = [self.gallery, self.upload, self.names, self.truth]
        self.followers = [*self.outputs, self.labels, *self.painter.fields, *self.model.outputs]

    def wire(self, page: Page) -> None:
        """Picking, painting, uploading, and another set of class names."""
        self._wire_sample(page)
        self._wire_upload(page)
        self._wire_labels(page)
        self.model.wire(page, self._follow, [self.names, self.labels, self.ensemble])
        self.painter.wire(page, self.take, [*self.outputs, *self.painter.fields])

    def draw(self, found: Found, choices: Choices) -> dict:
        """The true classes there are to choose from."""
        return {} if found.classes is None else {self.truth: listing(NO_TRUTH, found.classes.names, choices.true_class)}

    def wire_load(self, page: Page, load: Callable, restore: RestoreLine) -> None:
        """A fresh page shows what its link asks for, else the first sample, and offers the tab's last result."""

        def handler(request: gr.Request, token: str | None, key: str) -> Generator[dict]:
            begun = page.defaults
            opened, choices, complaints = restored(page, self.sources, dict(request.query_params))
            if opened is None and not self.sources.samples:
                yield page.rest(key, text.EMPTY["Picture"])
                return
            opened = opened or self.sources.sample(0)
            visitor = page.visitors.get(key).on("", opened.shown).setting(choices)
            pin, odd = restored_pin(page, self.sources, dict(request.query_params), present(visitor.look))
            complaints += odd
            page.visitors.put(key, replace(visitor, pinned=pin))
            said = text.RESTORED if choices != begun or pin is not None else text.READY
            said, tone = (" ".join(complaints), "bad") if complaints else (said, "calm")
            linked = page.set(choices._asdict()) | self._beside(opened) if choices != begun else {}
            yield restore.offer(page, token, key, opened.shown.source) | linked | page.rest(key, said, tone)

        outputs = [*self.outputs, *page.inputs[1:], *self.painter.fields, restore.drawn]
        page.listen(load, handler, outputs, [restore.drawn], js=None)

    def fold(self, load: Callable) -> None:
        """Where the page is narrow, the question folds away, so that the steps are in reach."""
        load(None, None, None, js=FOLD_IF_NARROW, api_visibility="private")

    def again(self, page: Page, visitor: Visitor) -> dict:
        """Every field as it stood for a visitor of before; the upload field alone stays empty."""
        picture, choices = present(visitor.picture), present(visitor.choices)
        backbone = page.backbone(visitor)
        classes = choices.classes(backbone.templates)
        opened = Opened(picture, classes.names, choices.true_class)
        shown = self._follow(backbone, choices) | self.model.show(page, backbone, choices) | self._beside(opened)
        return page.set(choices._asdict()) | shown

    def take(self, page: Page, key: str, open_it: Callable[[PictureSources], Opened]) -> Generator[dict]:
        """Make the picture that `open_it` opens the visitor's, with its question where it has one."""
        visitor = page.visitors.get(key)
        try:
            opened = open_it(self.sources.on(page.backbone(visitor)))
        except engine.EngineError as error:
            yield {self.upload: None} | page.complain(error)
            return
        middle = page.defaults.frame  # where a frame lies belongs to a picture
        choices = opened.asking(present(visitor.choices))._replace(frame=middle)
        anew = visitor.on(visitor.model, opened.shown).setting(choices)
        page.visitors.put(key, replace(anew, unshown=anew.unshown | {"frame"}))
        yield self._fields(opened) | page.rest(key, text.READY, go=1)

    # -- listeners -------------------------------------------------------------------------------------------------

    def _wire_sample(self, page: Page) -> None:
        def handler(event: gr.EventData, request: gr.Request, key: str) -> Generator[dict]:
            place = getattr(event, "index", None)
            if not isinstance(place, int) or not 0 <= place < len(self.sources.samples):
                yield page.say(text.EMPTY["Picture"])
                return
            yield from self.take(page, key, lambda sources: sources.sample(place))

        page.listen(self.gallery.click, handler, self.outputs)

    def _wire_upload(self, page: Page) -> None:
        def handler(request: gr.Request, file: Upload | None, key: str) -> Generator[dict]:
            if file is None:
                yield {page.status: gr.skip()}
                return
            yield from self.take(page, key, lambda sources: sources.file(file.path, name=file.name))

        page.listen(self.upload.input, handler, self.outputs, [self.upload])

    def _wire_labels(self, page: Page) -> None:
        def handler(request: gr.Request, key_of_set: str | None, key: str) -> Generator[dict]:
            chosen = next((each for each in self.label_sets if each.key == key_of_set), None)
            if chosen is None:
                yield {page.status: gr.skip()}
                return
            names = "\n".join(chosen.names)
            choices = present(page.visitors.get(key).choices)
            asking = choices._replace(class_names=names, template=chosen.template, true_class=NO_TRUTH)
            page.visitors.set(key, asking)
            truths = gr.Dropdown(choices=[NO_TRUTH, *chosen.names], value=NO_TRUTH)
            source = gr.Dropdown(info=text.LABEL_SET_FROM.format(source=chosen.source))
            fields = {self.names: names, self.template: chosen.template, self.truth: truths, self.labels: source}
            yield fields | page.rest(key, text.READY)

        outputs = [self.names, self.template, self.truth, self.labels]
        page.listen(self.labels.input, handler, outputs, before=[self.labels])

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
            truth = listed(NO_TRUTH, opened.names, opened.truth)  # names may have changed since
            updates[self.truth] = gr.Dropdown(choices=[NO_TRUTH, *opened.names], value=truth)
        return updates

    def _tiles(self, chosen: int | None) -> str:
        if not self.sources.samples:
            return note(text.NO_SAMPLES)
        listed = enumerate(zip(self.sources.samples, self.thumbnails, strict=True))
        tiles = "".join(_tile(place, sample, drawn, place == chosen) for place, (sample, drawn) in listed)
        return f'<div class="label">{esc(text.SAMPLES)}</div><div class="sample-grid">{tiles}</div>'


def _about_names(backbone: engine.Backbone) -> str:
    return text.CLASSES_OPEN if backbone.words is None else text.CLASSES_CLOSED


def _about_sentences(backbone: engine.Backbone) -> str:
    return text.ENSEMBLE_INFO.format(count=len(backbone.templates), sample=backbone.templates[-1])


def _thumbnail(sample: Sample) -> str:
    with Image.open(sample.path) as image:
        return thumbnail(np.asarray(image.convert("RGB")))


def _tile(place: int, sample: Sample, drawn: str, chosen: bool) -> str:
    return (
        f'<button type="button" class="sample" data-index="{place}" aria-pressed="{str(chosen).lower()}"'
        f' title="{esc(sample.title)}: {esc(sample.question)}"><img src="{drawn}"'
        f' alt="{esc(sample.title)}"></button>'
    )
