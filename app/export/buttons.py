"""Two buttons beside the status line: a link that restores picture and settings, and a ZIP with all results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import gradio as gr

import engine
from app.choices import Choices
from app.components.controls import served
from app.export import link, report
from app.figures.journey import status
from app.picture_sources import Opened, PictureSources
from app.present import present
from app.text import words as text
from app.wiring.drawing import NEXT_TURN, QUIET
from app.wiring.page import Page

PRESS_HIDDEN = "() => document.querySelector('#zip').click()"


class ExportButtons:
    """Link and download; neither runs the model."""

    def __init__(self, sources: PictureSources) -> None:
        self.sources = sources
        self.link = gr.Button(text.LINK, elem_id="link", scale=0, min_width=80)
        self.download = gr.Button(text.DOWNLOAD, elem_id="download", scale=0, min_width=100)
        self.file = gr.DownloadButton(text.DOWNLOAD, elem_id="zip", elem_classes=["unseen"])

    def wire(self, page: Page) -> None:
        """Both take what is found."""

        def make_link(request: gr.Request, *values: object) -> str:
            visitor = page.choose(present(request.session_hash), values)
            picture = visitor.picture
            opened = None if picture is None or not picture.source else self.sources.again(picture.source)
            try:
                asked = link.query(present(visitor.choices), page.defaults, opened, visitor.model)
            except engine.EngineError as error:
                return status(str(error), "bad")
            return status(text.LINK_OWN if opened is None else text.LINK_MADE, "good", link=asked)

        def pack(request: gr.Request, *values: object) -> Iterator[dict]:
            key = present(request.session_hash)
            visitor = page.choose(key, values)
            yield page.say(text.PACKING, "busy")
            try:
                packed = report.bundle(page.backbone(visitor), page.found(key), present(visitor.choices))
            except engine.EngineError as error:
                yield page.complain(error)
                return
            yield {self.file: served(text.ZIP_NAME, packed)} | page.say(text.PACKED, "good")

        self.link.click(make_link, page.inputs, page.status, js=NEXT_TURN, **QUIET)
        packing = self.download.click(pack, page.inputs, [self.file, page.status], js=NEXT_TURN, **QUIET)
        packing.success(None, None, None, js=PRESS_HIDDEN, api_visibility="private")


def restored(
    page: Page, sources: PictureSources, parameters: Mapping[str, str]
) -> tuple[Opened | None, Choices, list[str]]:
    """The picture and the choices that a link asks for, and a sentence for each thing that this page cannot offer."""

    begun = page.defaults

    def fits(name: str, value: object) -> bool:
        if isinstance(getattr(begun, name), bool) and not isinstance(value, bool):
            return False  # a box takes anything for ticked
        try:
            return page.controls[name].preprocess(value) == value  # a slider takes the end that is nearest
        except (gr.Error, TypeError):
            return False

    opened, complaints = None, []
    if source := parameters.get(link.PICTURE, ""):
        try:
            opened = sources.again(source)
        except engine.EngineError as error:
            complaints.append(str(error))
    if (model := parameters.get(link.MODEL, "")) and model != sources.backbone.name:
        complaints.append(text.LINK_MODEL.format(name=model[:80]))
    choices, odd = link.restored(parameters, begun, opened, fits)
    return opened, choices, complaints + odd
