"""What a visitor chooses once: picture, class names, true class, seed. Stays visible beside every step."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

import gradio as gr
import numpy as np
from PIL import Image

import engine
from app import prompts
from app.choices import NO_TRUTH, Choices
from app.components.controls import listed, listing
from app.components.tiles import PICK
from app.components.upload import PictureFile, Upload
from app.export.buttons import restored, restored_pin
from app.export.linked import LinkedStep
from app.figures.html import esc, note
from app.figures.pictures import thumbnail
from app.head import Head
from app.labels import NO_SET, LabelSet, first_asked, offered, prompt_sets, set_of
from app.models import Models
from app.panels.elsewhere import Elsewhere
from app.panels.model import ModelPicker, few_views
from app.panels.painter import Painter
from app.picture_sources import Opened, PictureSources
from app.present import present
from app.restore import RestoreLine
from app.samples import Sample
from app.state.found import Found
from app.state.shown import Shown
from app.state.visitors import FIRST, Visitor
from app.text import inputs as text
from app.text import words
from app.wiring.page import Page
from app.wiring.pieces import Piece, merged

FOLD_IF_NARROW = "() => { if (window.innerWidth <= 900) document.querySelector('#question > button')?.click(); }"
OF_PICTURE = frozenset(
    {"about", "against", "target", "only_cells"}
)  # begin anew with each, in whichever panel they stand


class Inputs:
    """The column of inputs; `outputs` are what a new picture sets anew, `followers` what another found does."""

    def __init__(self, sources: PictureSources, models: Models, head: Head, label_sets: Sequence[LabelSet]) -> None:
        self.sources, self.label_sets = sources, tuple(label_sets)
        first = sources.samples[sources.offered[0]] if sources.offered else None
        names = "\n".join(first.classes) if first else ""
        self.thumbnails = [_thumbnail(sample) for sample in sources.samples]
        tiles = self._tiles(first.source if first else "", sources.backbone)
        self.gallery = gr.HTML(tiles, elem_id="samples", js_on_load=PICK)
        self.upload = PictureFile(
            type="filepath", image_mode=None, format="png", sources=["upload", "clipboard", "webcam"], height=110,
            label=text.UPLOAD, elem_id="upload", buttons=[],
            webcam_options=gr.WebcamOptions(mirror=False),  # the model is to see what stands there, writing too
        )  # fmt: skip
        self.elsewhere = Elsewhere(sources)
        self.painter = Painter()
        with gr.Accordion(text.QUESTION, open=True, elem_id="question"):
            self.truth = gr.Dropdown(
                [NO_TRUTH, *(first.classes if first else ())], value=first.truth if first else NO_TRUTH,
                label=text.TRUTH, info=text.TRUTH_INFO, elem_id="true-class", filterable=True,
                allow_custom_value=True,  # names may have changed since; `Choices.label` reads a stranger as none
            )  # fmt: skip
            self.names = gr.Textbox(
                names, label=text.CLASSES, lines=6, max_lines=10,
                max_length=220_000, info=_about_names(sources.backbone), elem_id="class-names",
            )  # fmt: skip
            known, source = self._set(names, sources.backbone)
            self.labels = gr.Dropdown(
                offered(self.label_sets, sources.backbone), value=known, label=text.LABEL_SET, info=source,
                elem_id="label-set", visible=bool(self.label_sets),
            )  # fmt: skip
            self.edited = gr.Button("", elem_id="names-edited", visible="hidden")
            with gr.Row():
                self.template = gr.Textbox(
                    engine.classes.DEFAULT_TEMPLATE, label=text.TEMPLATE, info=text.TEMPLATE_INFO, max_length=200,
                    elem_id="template", min_width=150,
                )  # fmt: skip
                self.seed = gr.Number(0, label=text.SEED, info=text.SEED_INFO, elem_id="seed", min_width=100)
            with gr.Accordion(text.PROMPT_MORE, open=False, elem_id="prompt-more") as self.rare:
                self.ensemble = gr.Dropdown(
                    prompt_sets(sources.backbone), value=prompts.ALONE, label=text.ENSEMBLE,
                    info=text.ENSEMBLE_INFO, elem_id="prompt-ensemble", filterable=False,
                )  # fmt: skip
                self.word = gr.Textbox(
                    "", label=text.DOMAIN_WORD, info=text.DOMAIN_WORD_INFO, max_length=40, elem_id="domain-word"
                )
            self.model = ModelPicker(models, sources, head)
        self.controls = {
            "class_names": self.names, "template": self.template, "true_class": self.truth, "seed": self.seed,
            "prompt_ensemble": self.ensemble, "domain_word": self.word,
        }  # fmt: skip
        self.pieces = [Piece(self.draw, [self.truth], ("classes",)), *self.elsewhere.pieces]
        self.outputs = [self.gallery, self.upload, self.names, self.truth, self.template, self.labels]
        self.outputs.append(self.elsewhere.upload)
        self.followers = [*self.outputs, *self.painter.fields, *self.model.outputs]

    def wire(self, page: Page) -> None:
        """Picking, painting, uploading, and another set of class names."""
        self._wire_sample(page)
        self._wire_upload(page)
        self._wire_labels(page)
        self.elsewhere.wire(page)
        self.model.wire(page, self._another, [*self.outputs, self.ensemble])
        self.painter.wire(page, self.take, [*self.outputs, *self.painter.fields])

    def draw(self, found: Found, choices: Choices) -> dict:
        """The true classes there are to choose from."""
        return {} if found.classes is None else {self.truth: listing(NO_TRUTH, found.classes.names, choices.true_class)}

    def wire_load(self, page: Page, load: Callable, restore: RestoreLine, step: LinkedStep) -> None:
        """A fresh page shows what its link asks for, else the first sample, and offers the tab's last result."""

        def handler(request: gr.Request, token: str | None, key: str) -> Generator[dict]:
            begun = page.defaults
            asked_for = dict(request.query_params)
            opened, choices, complaints = restored(page, self.sources, asked_for, self.label_sets)
            if opened is None and not self.sources.offered:
                yield page.rest(key, words.EMPTY["Picture"])
                return
            few = page.models.views(self.sources.backbone)
            asked = opened is not None or choices != begun
            choices = choices if asked else choices._replace(views=few)
            found = opened is not None
            opened = opened or self.sources.sample(self.sources.offered[0])
            visitor = page.visitors.get(key).on("", opened.shown).setting(choices)
            visitor = replace(visitor, brought="\n".join(opened.names))
            pin, odd = restored_pin(page, self.sources, asked_for, present(visitor.look), self.label_sets)
            complaints += odd
            if page.visitors.get(key).picture is not None:  # one was chosen before the page had its first
                yield restore.offer(page, token, key, "") | page.rest(key, words.READY)
                return
            asked = asked or pin is not None
            linked = (present(visitor.look), pin) if asked else None
            page.visitors.put(key, replace(visitor, pinned=pin, linked=linked))
            said = text.RESTORED if asked else words.READY + few_views(few)
            said, tone = (" ".join(complaints), "bad") if complaints else (said, "calm")
            if complaints:
                gr.Warning(esc(said), title=words.NOT_YET)  # the status line may soon say what they lead to
            fields = {} if choices == begun else self._linked(page, opened, choices)
            fields |= step.wanting(asked_for, found)
            yield restore.offer(page, token, key, opened.shown.source) | fields | page.rest(key, said, tone)

        outputs = [*self.outputs, *page.inputs[1:], *self.painter.fields, self.rare, restore.drawn, step.wanted]
        page.listen(load, handler, outputs, [restore.drawn], js=None)

    def _linked(self, page: Page, opened: Opened, choices: Choices) -> dict:
        """What the fields show of a page that opens with what a link asks for, none of it in a closed fold."""
        fields = page.set(choices._asdict()) | self._named(choices, self.sources.backbone)
        if {"prompt_ensemble", "domain_word"}.intersection(choices.differing(page.defaults)):
            fields[self.rare] = gr.update(open=True)
        return fields | self._beside(opened, self.sources.backbone)

    def fold(self, load: Callable) -> None:
        """Where the page is narrow, the question folds away, so that the steps are in reach."""
        load(None, None, None, js=FOLD_IF_NARROW, api_visibility="private")

    def again(self, page: Page, visitor: Visitor) -> dict:
        """Every field as it stood for a visitor of before; the upload field alone stays empty."""
        picture, choices = present(visitor.picture), present(visitor.choices)
        backbone = page.backbone(visitor)
        classes = choices.classes(backbone.templates)
        opened = Opened(picture, classes.names, choices.true_class)
        fields = merged(page.set(choices._asdict()), merged(self._about(backbone), self._named(choices, backbone)))
        return fields | self.model.show(page, backbone, choices) | self._beside(opened, backbone)

    def take(self, page: Page, key: str, open_it: Callable[[PictureSources], Opened]) -> Generator[dict]:
        """Make the picture that `open_it` opens the visitor's, with its question where it has one."""
        visitor = page.visitors.get(key)
        backbone = page.backbone(visitor)
        try:
            opened = open_it(self.sources.on(backbone))
        except engine.EngineError as error:
            yield {self.upload: None} | page.complain(error)
            return
        middle = page.defaults.frame  # where a frame lies belongs to a picture
        choices = opened.asking(visitor.own)._replace(frame=middle)
        there = visitor.picture is not None and opened.shown.same(visitor.picture)  # and so are its results
        taken = visitor if there else visitor.on(visitor.model, opened.shown)
        asking = replace(taken.setting(choices), recorded={})
        if opened.names:
            asking = replace(asking, brought=choices.class_names or "")
        else:
            asking = self._of_things(asking, backbone)
        moved = OF_PICTURE.union(visitor.recorded).intersection(choices.differing(present(visitor.choices)))
        page.visitors.put(key, replace(asking, unshown=asking.unshown | moved | {"frame"}))
        shown = self._asked(present(visitor.choices), present(asking.choices), backbone)
        shown |= self._beside(opened, backbone) | ({self.upload: None} if opened.names else {})
        shown[self.elsewhere.upload] = None
        computed = there and len(visitor.asked) > len(FIRST)
        yield shown | page.rest(key, text.THERE if computed else words.READY, go=1)

    # -- listeners -------------------------------------------------------------------------------------------------

    def _wire_sample(self, page: Page) -> None:
        def handler(event: gr.EventData, request: gr.Request, key: str) -> Generator[dict]:
            place = getattr(event, "index", None)
            if not isinstance(place, int) or not 0 <= place < len(self.sources.samples):
                yield page.say(words.EMPTY["Picture"])
                return
            yield from self.take(page, key, lambda sources: sources.sample(place))

        page.listen(self.gallery.click, handler, self.outputs)

    def _wire_upload(self, page: Page) -> None:
        def handler(request: gr.Request, file: Upload | None, key: str) -> Generator[dict]:
            if file is None:
                yield {page.status: gr.skip()}
                return
            before = page.visitors.get(key).picture
            yield from self.take(page, key, lambda sources: _of_visitor(sources, file, before))

        page.listen(self.upload.input, handler, self.outputs, [self.upload])

    def _wire_labels(self, page: Page) -> None:
        def handler(request: gr.Request, key_of_set: str | None, key: str) -> Generator[dict]:
            chosen = next((each for each in self.label_sets if each.key == key_of_set), None)
            choices = present(page.visitors.get(key).choices)
            if chosen is None or chosen == set_of(self.label_sets, choices.class_names or ""):
                yield {page.status: gr.skip()}  # Gradio calls it input, too, when a menu is left as it was
                return
            asking = chosen.asking(choices)
            page.visitors.set(key, asking)
            yield self._asked(choices, asking, page.backbone(page.visitors.get(key))) | page.rest(key, words.READY)

        outputs = [self.names, self.template, self.truth, self.labels]
        page.listen(self.labels.input, handler, outputs, before=[self.labels])
        # in the browser, before the focus can be in the menu: what it shows there is what leaving it asks for
        none = json.dumps({"__type__": "update", "value": NO_SET, "info": text.LABEL_SET_INFO})
        self.edited.click(None, None, self.labels, js=f"() => ({none})", api_visibility="private")

    def _another(self, backbone: engine.Backbone, visitor: Visitor) -> tuple[Visitor, dict]:
        """The visitor with the question for another model, and what the fields say of both."""
        picture, before = visitor.picture, present(visitor.choices)
        asking = visitor if picture is None or picture.source else self._of_things(visitor, backbone)
        tiles = {self.gallery: self._tiles("" if picture is None else picture.source, backbone)}
        return asking, merged(self._about(backbone) | tiles, self._asked(before, present(asking.choices), backbone))

    def _of_things(self, visitor: Visitor, backbone: engine.Backbone) -> Visitor:
        """The visitor with a picture of their own, asked for what the model can read of such a list where the
        names that stand came with another picture."""
        choices, things = present(visitor.choices), first_asked(self.label_sets, backbone)
        if things is None or (choices.class_names or "") != visitor.brought:
            return visitor
        return replace(visitor.setting(things.asking(choices)), brought=things.lines)

    def _about(self, backbone: engine.Backbone) -> dict:
        """What the fields say with a model in use."""
        return {
            self.names: gr.update(info=_about_names(backbone)),
            self.ensemble: gr.update(choices=prompt_sets(backbone)),
            self.labels: gr.update(choices=offered(self.label_sets, backbone)),
        }

    def _asked(self, before: Choices, now: Choices, backbone: engine.Backbone) -> dict:
        """What the fields of a question hold where it was another before, and the set that its names are."""
        asked = ("class_names", "template", "true_class")
        moved = {name: getattr(now, name) for name in asked if getattr(now, name) != getattr(before, name)}
        return {self.controls[name]: value for name, value in moved.items()} | self._named(now, backbone)

    def _named(self, choices: Choices, backbone: engine.Backbone) -> dict:
        value, info = self._set(choices.class_names or "", backbone)
        return {self.labels: gr.update(value=value, info=info)}

    def _set(self, names: str, backbone: engine.Backbone) -> tuple[str, str]:
        """Value and explanation of the menu of label sets beside these class names, one per line."""
        known = set_of(self.label_sets, names)
        if known is None or not known.readable(backbone):
            return NO_SET, text.LABEL_SET_INFO
        return known.key, text.LABEL_SET_FROM.format(source=esc(known.source))

    def _beside(self, opened: Opened, backbone: engine.Backbone) -> dict:
        """The chosen tile, the painter's fields, and the truths there are to choose from."""
        source = opened.shown.source
        updates: dict = {self.gallery: self._tiles(source, backbone)}
        if source.startswith("specimen "):
            updates |= self.painter.show(source.partition(" ")[2])
        if opened.names:
            truth = listed(NO_TRUTH, opened.names, opened.truth)  # names may have changed since
            updates[self.truth] = gr.Dropdown(choices=[NO_TRUTH, *opened.names], value=truth)
        return updates

    def _tiles(self, chosen: str, backbone: engine.Backbone) -> str:
        """The samples that the model can be asked about, the one with the source `chosen` pressed."""
        places = self.sources.on(backbone).offered
        if not places:
            return note(text.NO_SAMPLES)
        photographs = [place for place in places if self.sources.samples[place].credit]
        paintings = [place for place in places if place not in photographs]
        rows = {text.PHOTOGRAPHS: photographs, text.PAINTINGS: paintings} if photographs else {text.SAMPLES: paintings}
        return "".join(self._row(title, row, chosen) for title, row in rows.items() if row)

    def _row(self, title: str, places: Sequence[int], chosen: str) -> str:
        samples = [(place, self.sources.samples[place]) for place in places]
        tiles = "".join(_tile(place, one, self.thumbnails[place], one.source == chosen) for place, one in samples)
        return f'<div class="label">{esc(title)}</div><div class="sample-grid">{tiles}</div>'


def _of_visitor(sources: PictureSources, file: Upload, before: Shown | None) -> Opened:
    """The visitor's own picture; raises `EngineError` that names a file that is none, and the picture that stays."""
    try:
        return sources.file(file.path, name=file.name)
    except engine.EngineError as error:
        stays = "" if before is None else text.PICTURE_STAYS.format(name=before.name)
        raise engine.EngineError(text.FILE_REFUSED.format(name=file.name, why=error) + stays) from error


def _about_names(backbone: engine.Backbone) -> str:
    return text.CLASSES_OPEN if backbone.words is None else text.CLASSES_CLOSED


def _thumbnail(sample: Sample) -> str:
    with Image.open(sample.path) as image:
        return thumbnail(np.asarray(image.convert("RGB")))


def _tile(place: int, sample: Sample, drawn: str, chosen: bool) -> str:
    return (
        f'<button type="button" class="sample" data-index="{place}" aria-pressed="{str(chosen).lower()}"'
        f' title="{esc(sample.title)}: {esc(sample.question)}"><img src="{drawn}"'
        f' alt="{esc(sample.title)}"></button>'
    )
