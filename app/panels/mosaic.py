"""Step 7: two defences on the same kept pictures, and each of these pictures as a story of its own."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace

import gradio as gr

import engine
from app import measured
from app.choices import NO_TARGET, PAGE, Choices
from app.components.awaited import AWAIT
from app.components.controls import menu
from app.components.roaming import ROAM
from app.figures.html import awaited, caption
from app.figures.journey import status
from app.figures.mosaic import arm_name, mosaic
from app.picture_sources import Opened, PictureSources
from app.present import present
from app.state.found import Found
from app.state.visitors import Visitor
from app.text import many as text
from app.wiring.page import Page
from app.wiring.pieces import Piece

FIRST = "every-defence/pgd-4", "a-tpt", "r-tpt"  # the question that most visitors come with
OWN = frozenset(
    {"class_names", "true_class", "about", "against", "target", "only_cells"}
)  # begin anew with each picture
OF_RECORD = frozenset(engine.parameters.STORY) | frozenset(engine.parameters.words("picture"))  # settings of a record


class Mosaic:
    """Its controls say what is compared; without records there is nothing of it on the page."""

    def __init__(self, sources: PictureSources) -> None:
        self.sources, self.arms = sources, measured.arms()
        here = bool(self.arms)
        shown = {name: arm_name(*both) for name, both in self.arms.items()}
        defences = {name: one.title for name, one in engine.DEFENCES.items()}
        gr.HTML(f'<h2 class="part-title">{text.MOSAIC_HEAD}</h2>', visible=here, elem_id="mosaic-head")
        with gr.Row(elem_classes=["controls"]):
            self.controls = {
                "mosaic_left": menu(defences, FIRST[1], text.MOSAIC_LEFT, "mosaic-left", 170, here),
                "mosaic_right": menu(defences, FIRST[2], text.MOSAIC_RIGHT, "mosaic-right", 170, here),
                "mosaic_arm": menu(shown or {FIRST[0]: ""}, FIRST[0], text.MOSAIC_UNDER, "mosaic-arm", 300, here),
            }
        self.drawn = gr.HTML(elem_id="mosaic", js_on_load=AWAIT + ROAM, visible=here)
        gr.HTML(caption(text.MOSAIC_CAPTION), visible=here)
        self.pieces = [Piece(self.draw, [self.drawn], ("mosaic",), (), tuple(self.controls))]

    def wire(self, page: Page, again: Callable[[Page, Visitor], dict], fields: list) -> None:
        """A press on a tile, and the mosaic's coming in sight; `again` is how the controls and `fields` stand for a
        visitor."""

        def handler(event: gr.EventData, request: gr.Request, key: str) -> Generator[dict]:
            visitor, number = page.visitors.get(key), getattr(event, "number", None)
            try:
                there = self.opened(page, visitor, number)
            except engine.EngineError as error:
                yield page.complain(error)
                return
            page.visitors.put(key, there)
            said = status(text.MOSAIC_OPENED.format(number=number), "calm", press="run-story")
            yield again(page, there) | page.rest(key, go=1) | {page.status: said}

        def in_sight(request: gr.Request) -> dict:
            page.visitors.change(present(request.session_hash), mosaic=True)
            return page.nudged()

        page.listen(self.drawn.click, handler, [*page.inputs[1:], *fields])
        self.drawn.expand(in_sight, None, page.nudge, **page.at_once)

    def draw(self, found: Found, choices: Choices) -> dict:
        """The tiles, once the visitor has come near them: they are more than all else that a fresh page is sent."""
        both = self.arms.get(choices.mosaic_arm)
        if both is None:
            return {self.drawn: ""}
        if not found.mosaic:
            return {self.drawn: awaited(text.MOSAIC_AWAITED)}
        return {self.drawn: mosaic(*both, choices.mosaic_left, choices.mosaic_right)}

    def opened(self, page: Page, visitor: Visitor, number: object) -> Visitor:
        """The visitor at the picture with this number, asked about as its record was.

        Raises `EngineError` for what is no picture's number.
        """
        choices = visitor.own
        kept, arm = self.arms.get(choices.mosaic_arm, (None, None))
        if kept is None or arm is None or not isinstance(number, int) or not 0 <= number < kept.pictures:
            raise engine.EngineError(text.MOSAIC_NO_TILE)
        model = self._model(page, visitor, kept)
        at_model = replace(visitor, model=model)
        opened = self.sources.on(page.backbone(at_model)).again(measured.spelled(kept.plan["series"], number))
        compared = (choices.mosaic_left, choices.mosaic_right)
        wanted = [name for name in kept.defences if name in ("clip", *compared)]
        asked = self._asked(page, choices, opened, kept.settings(arm, number, tuple(wanted)))
        asked = asked.drawable(page.backbone(at_model))
        there = visitor.on(model, opened.shown).setting(asked)
        came = [name for name in asked.differing(choices) if name not in OWN]
        recorded = {name: (getattr(asked, name), getattr(choices, name)) for name in came}
        return replace(there, brought=asked.class_names or "", recorded=recorded)

    @staticmethod
    def _asked(page: Page, choices: Choices, opened: Opened, settings: engine.Settings) -> Choices:
        """The question of a record as the page puts it; how it is shown stays as it was."""
        begun = page.defaults._asdict()
        question = {name: begun[name] for name in PAGE if name in ("template", "prompt_ensemble", "about", "against")}
        values = engine.parameters.from_settings(settings)
        own = {word: values[word] for word in values if word in OF_RECORD}
        own |= {"defences": list(settings.defences), "target": NO_TARGET}
        return opened.asking(choices)._replace(**question | own)

    @staticmethod
    def _model(page: Page, visitor: Visitor, kept: measured.Measured) -> str:
        """The name, as a visitor's model, of the one that made the records."""
        wanted, first = kept.plan["model"], page.models.first.name
        return visitor.model if visitor.model == wanted else "" if first == wanted else wanted
