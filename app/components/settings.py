"""Controls for settings of the engine: range, choices, default come from `engine.parameters`, words from the page."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypedDict

import gradio as gr
from gradio.components import Component

import engine
from app.components.controls import menu
from app.components.slider import Range

TITLED = {"attack": engine.ATTACKS, "defence": engine.DEFENCES, "map": engine.MAPS}  # whose entries have a title


def slider(
    word: str, label: str, elem_id: str = "", min_width: int = 160, info: str | None = None, visible: bool = True
) -> Range:
    """A slider for the number `word`."""
    one = engine.parameters.parameters()[word]
    if one.known.slider is None:
        raise engine.EngineError(f"Expected a setting with a range for its slider; {word} has none.")
    low, high, step = one.known.slider
    return Range(
        low, high, one.default, step=step, label=label, elem_id=elem_id or _id(word), buttons=[], interactive=True,
        min_width=min_width, info=info, visible=visible,
    )  # fmt: skip


def choice(
    word: str, shown: dict[str, str], label: str, elem_id: str = "", min_width: int = 160, visible: bool = True
) -> gr.Dropdown:
    """A menu for the name `word`; `shown` is what a visitor reads for each, and gives their order."""
    return menu(shown, engine.parameters.parameters()[word].default, label, elem_id or _id(word), min_width, visible)


def tick(word: str, label: str, info: str, min_width: int = 160, visible: bool = True) -> gr.Checkbox:
    """A box for the switch `word`."""
    return gr.Checkbox(
        engine.parameters.parameters()[word].default, label=label, info=info, elem_id=_id(word), min_width=min_width,
        visible=visible,
    )  # fmt: skip


def others(section: str, placed: Collection[str], chosen: str = "") -> dict[str, Component]:
    """Controls for all settings of a section that have none yet, in the words of their own description.

    Those that `chosen`, an attack, does not read begin hidden.
    """
    found = {}
    for word in engine.parameters.words(section):
        readers = engine.parameters.read_by(word)
        if word not in placed:
            found[word] = _plain(word, not chosen or not readers or chosen in readers)
    return found


class _Named(TypedDict):
    label: str
    elem_id: str
    min_width: int
    visible: bool


def _plain(word: str, visible: bool) -> Component:
    one = engine.parameters.parameters()[word]
    label = one.known.what.removeprefix("the ").removeprefix("a ")
    label = label[0].upper() + label[1:]
    named: _Named = {"label": label, "elem_id": _id(word), "min_width": 200, "visible": visible}
    more = one.known.more and one.known.more[0].upper() + one.known.more[1:] + "."
    if one.kind is bool:
        return gr.Checkbox(one.default, info=more, **named)
    if one.choices:
        titles = {name: entry.title for name, entry in TITLED.get(one.known.registry, {}).items()}
        shown = [(titles.get(name, name or "none"), name) for name in one.choices]
        return gr.Dropdown(shown, value=one.default, filterable=False, info=more, **named)
    if one.kind is str:
        return gr.Textbox(one.default, info=more, **named)
    if one.known.slider is None:
        return gr.Number(one.default, precision=0 if one.kind is int else None, info=more, **named)
    low, high, step = one.known.slider
    return Range(low, high, one.default, step=step, info=more, buttons=[], interactive=True, **named)


def _id(word: str) -> str:
    return word.replace("_", "-")
