"""Paint a specimen: pictures without end whose every part is known, some of combinations never seen in training."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

import gradio as gr
import numpy as np

import engine
from app.components.controls import menu
from app.picture_sources import NO_ACCENT, Opened, PictureSources, unspell
from app.text import inputs as text
from app.wiring.page import Page

LARGEST_NUMBER = 9_999


class Painter:
    """The fold below the samples; `fields` are its controls in the order of a specimen's words, then the number."""

    def __init__(self) -> None:
        colours = {name: name for name in engine.fieldguide.COLOURS}
        with gr.Accordion(text.PAINT, open=False, elem_id="painter"):
            with gr.Row():
                kind = menu({name: name for name in engine.fieldguide.KINDS}, "bird", text.KIND, "paint-kind", 90)
                colour = menu(colours, "blue", text.COLOUR, "paint-colour", 90)
            with gr.Row():
                pattern = menu(
                    {name: name for name in engine.fieldguide.PATTERNS}, "striped", text.PATTERN, "paint-pattern", 90
                )
                accent = menu(colours, "white", text.ACCENT, "paint-accent", 90)
            with gr.Row():
                part = menu(colours, "red", _part_of("bird"), "paint-part", 90)
                number = gr.Number(1, label=text.SCENE, precision=0, elem_id="paint-number", min_width=90)
            with gr.Row():
                self.paint = gr.Button(text.PAINT_IT, elem_id="paint", min_width=90, size="sm")
                self.surprise = gr.Button(text.SURPRISE, elem_id="surprise", min_width=90, size="sm")
        self.part = part
        self.fields = [kind, colour, pattern, accent, part, number]

    def wire(self, page: Page, take: Callable[..., Generator[dict]], outputs: list) -> None:
        """`take(page, key, open_it)` makes what `open_it` opens the visitor's picture."""

        def paint(
            request: gr.Request,
            kind: str,
            colour: str,
            pattern: str,
            accent: str,
            part: str,
            number: float | None,
            key: str,
        ) -> Generator[dict]:
            words = (kind, colour, pattern, accent, part)
            yield from take(page, key, lambda sources: _open(sources, words, number))

        def surprise(request: gr.Request, key: str) -> Generator[dict]:
            rng = np.random.default_rng()
            specimen, number = engine.fieldguide.random_specimen(rng, held_out=True), int(rng.integers(LARGEST_NUMBER))
            yield from take(page, key, lambda sources: sources.specimen(specimen, number))

        page.listen(self.paint.click, paint, outputs, self.fields)
        page.listen(self.surprise.click, surprise, outputs)
        self.fields[0].input(
            lambda kind: gr.Dropdown(label=_part_of(kind)), self.fields[0], self.part, show_progress="hidden",
            api_visibility="private", concurrency_limit=None,
        )  # fmt: skip

    def show(self, words: str) -> dict:
        """The fields as a specimen's words and number set them; a plain one leaves the pattern's colour as it is."""
        *values, number = words.split()
        updates = dict(zip(self.fields, [*values, int(number)], strict=True))
        if values[3] == NO_ACCENT:
            del updates[self.fields[3]]
        return updates | {self.part: gr.Dropdown(value=values[4], label=_part_of(values[0]))}


def _open(sources: PictureSources, words: Sequence[str], number: float | None) -> Opened:
    if number is None or not 0 <= number <= LARGEST_NUMBER:
        raise engine.EngineError(f"Expected a scene number from 0 to {LARGEST_NUMBER:,}; got {number}.")
    return sources.specimen(unspell(words), int(number))


def _part_of(kind: str) -> str:
    return f"{engine.fieldguide.KINDS[kind].capitalize()} colour"
