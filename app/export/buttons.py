"""Two buttons beside the status line: a link that opens picture, settings and step, and a ZIP with all results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import gradio as gr

import engine
from app.choices import Choices
from app.components.controls import served
from app.components.naming import look_differences
from app.export import link, report
from app.figures.journey import status
from app.figures.maps import MapFigure
from app.labels import LabelSet
from app.picture_sources import Opened, PictureSources
from app.present import present
from app.state.found import Found
from app.state.history import Look
from app.state.parts import STORY
from app.state.visitors import FIRST, Visitor
from app.text import export as text
from app.wiring.drawing import NEXT_TURN
from app.wiring.page import Page

SAY_STEP = """(step, turn, ...rest) => {
  window.turn = (window.turn || 0) + 1;
  return [Number(document.documentElement.dataset.step || 1), window.turn, ...rest];
}"""
TAKE = """document.addEventListener('click', ({ target }) => {
  if (target.closest('[data-take]')) document.getElementById('download').click();
});"""
ZIP = "zip"  # pressed by the browser once the file is there: events that follow a generator do not come everywhere


class ExportButtons:
    """Link and download; neither runs the model. `drawn` gives the maps that the page shows."""

    def __init__(
        self,
        sources: PictureSources,
        label_sets: Sequence[LabelSet],
        drawn: Callable[[Found, Choices], Iterable[MapFigure]],
    ) -> None:
        self.sources, self.label_sets = sources, tuple(label_sets)
        self.pictures = report.Pictures(sources, drawn)
        self.link = gr.Button(text.LINK, elem_id="link", scale=0, min_width=80)
        self.download = gr.Button(text.DOWNLOAD, elem_id="download", scale=0, min_width=100)
        gr.HTML("", elem_id="take", js_on_load=TAKE, elem_classes=["unseen"])
        self.step = gr.Number(1, visible=False)  # the one that is open, as the browser says
        self.file = gr.DownloadButton(text.DOWNLOAD, elem_id=ZIP, elem_classes=["unseen"])

    def wire(self, page: Page) -> None:
        """Both take what is found."""

        def make_link(request: gr.Request, step: object, *values: object) -> str:
            key = present(request.session_hash)
            visitor = page.choose(key, values)
            picture = visitor.picture
            opened = None if picture is None or not picture.source else self.sources.again(picture.source)
            own = opened is None and picture is not None
            pin, at = self._pin(visitor), link.opening(step, visitor.asked)
            choices, begun = present(visitor.choices), page.defaults
            try:
                asked = link.query(choices, begun, opened, visitor.model, pin, self.label_sets, at, own)
            except engine.EngineError as error:
                return status(str(error), "bad")
            said = text.LINK_OWN if opened is None else text.LINK_MADE
            if opened is not None and picture is not None and picture.attacked is not None:
                said += text.LINK_ATTACKED
            if visitor.pinned is not None:
                said += text.LINK_PINNED if pin else text.LINK_PIN_OWN
            page.visitors.change(key, linked=visitor.look and (visitor.look, visitor.pinned))
            return status(said, "good", link=asked, take=text.LINK_TAKE if own else "")

        def pack(request: gr.Request, *values: object) -> Iterator[dict]:
            key = present(request.session_hash)
            visitor = page.choose(key, values)
            yield page.say(text.PACKING, "busy")
            try:
                backbone, beside = page.backbone(visitor), _beside(page, visitor)
                packed = report.bundle(backbone, page.found(key), present(visitor.choices), beside, self.pictures)
            except engine.EngineError as error:
                yield page.complain(error)
                return
            yield {self.file: served(text.ZIP_NAME, packed), page.status: status(text.PACKED, "good", press=ZIP)}

        inputs = [self.step, *page.inputs]
        self.link.click(make_link, inputs, page.status, js=SAY_STEP, **page.quiet)
        self.download.click(pack, page.inputs, [self.file, page.status], js=NEXT_TURN, **page.quiet)

    def _pin(self, visitor: Visitor) -> Mapping[str, str]:
        """What a link has to say of what the visitor has pinned."""
        look, beside = visitor.pinned, visitor.look
        if look is None or beside is None:
            return link.NOTHING
        other = look.picture.source and not look.picture.same(beside.picture)
        opened = self.sources.again(look.picture.source) if other else None
        return link.pinned(look, beside, opened, self.label_sets)


def _beside(page: Page, visitor: Visitor) -> report.Beside | None:
    """What the ZIP has to say of what the visitor has pinned; without a model where that is not in memory."""
    look, now = visitor.pinned, visitor.look
    if look is None or now is None:
        return None
    differ = look_differences(page.controls, page.models.first.name, look, now)
    here = not look.model or page.models.ready(look.model)
    return report.Beside(page.models.backbone(look.model) if here else None, differ)


def restored(
    page: Page, sources: PictureSources, parameters: Mapping[str, str], label_sets: Sequence[LabelSet] = ()
) -> tuple[Opened | None, Choices, list[str]]:
    """The picture and the choices that a link asks for, and a sentence for each thing that this page cannot offer."""
    begun, opened, complaints = page.defaults, None, []
    source = parameters.get(link.PICTURE, "")
    if source == link.OWN:
        complaints.append(text.LINK_WITHOUT)
    elif source:
        try:
            opened = sources.again(source)
        except engine.EngineError as error:
            complaints.append(f"{error} {text.LINK_INSTEAD}")
    if (model := parameters.get(link.MODEL, "")) and model != sources.backbone.name:
        said = text.LINK_MODEL if page.models.offers(model) else text.LINK_NO_MODEL
        complaints.append(said.format(name=model[:80]))
    if (step := parameters.get(link.STEP, link.STEPS[0])) not in link.STEPS:
        complaints.append(text.LINK_ODD.format(name=link.STEP, value=step[:40]))
    choices, odd = link.restored(parameters, begun, opened, _fits(page), sets=label_sets)
    return opened, choices, complaints + odd


def restored_pin(
    page: Page,
    sources: PictureSources,
    parameters: Mapping[str, str],
    beside: Look,
    label_sets: Sequence[LabelSet] = (),
) -> tuple[Look | None, list[str]]:
    """The look that a link pins `beside` the one it opens, and a sentence for each thing that cannot be offered.

    Where its model or its picture cannot, nothing is pinned. What is held of the whole story belongs to it.
    """
    wanted = {name.removeprefix(link.PIN): said for name, said in parameters.items() if name.startswith(link.PIN)}
    if not wanted:
        return None, []
    if (model := wanted.get(link.MODEL, "")) not in ("", sources.backbone.name):
        return None, [text.LINK_PIN_MODEL.format(name=model[:80])]
    source = wanted.get(link.PICTURE, "")
    try:
        opened = sources.again(source) if source and source != beside.picture.source else None
    except engine.EngineError as error:
        return None, [text.LINK_PIN_LEFT.format(why=error)]
    choices, odd = link.restored(parameters, beside.choices, opened, _fits(page), link.PIN, label_sets)
    picture = beside.picture if opened is None else opened.shown
    return Look("", picture, choices, FIRST | frozenset(STORY)), odd


def _fits(page: Page) -> Callable[[str, object], bool]:
    """Whether the control of a name can have a value."""
    begun = page.defaults

    def fits(name: str, value: object) -> bool:
        if isinstance(getattr(begun, name), bool) and not isinstance(value, bool):
            return False  # a box takes anything for ticked
        try:
            if name == "seed":
                begun._replace(seed=value).whole_seed()  # its field has no ends
            return page.controls[name].preprocess(value) == value  # a slider takes the end that is nearest
        except (engine.EngineError, gr.Error, TypeError):
            return False

    return fits
