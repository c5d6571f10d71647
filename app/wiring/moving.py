"""Which results a control moves: the browser dims them by itself, before the server can know that it has moved."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache

import gradio as gr
import torch
from gradio.components import Component

import engine
from app.choices import Choices
from app.figures.html import esc
from app.figures.journey import SUBJECTS
from app.state.parts import PARTS, Question, foreseen
from app.wiring.pieces import Piece

ANY = "one\ntwo"  # class names: whatever a control moves it moves for all, and of any picture
NO_PICTURE = engine.story.Picture(torch.zeros(3, 1, 1))
Moved = tuple[tuple[str, object], ...]


def moves(
    backbone: engine.Backbone, controls: Mapping[str, Component], pieces: Sequence[Piece], choices: Choices
) -> str:
    """HTML that tells a script which elements show something else where a control has moved: of sliders, numbers and
    boxes to tick, by what they move when all else stands as in `choices`."""
    others = ((name, _other(control)) for name, control in controls.items())
    asked = choices._replace(class_names=ANY, defences=tuple(choices.defences))
    parts = _parts(backbone, asked, tuple(one for one in others if one[1] is not None))
    data = {
        "moves": {controls[name].elem_id: moved for name, moved in parts.items() if moved},
        "shown": {part: _elements(pieces, part) for part in PARTS},
    }
    return f'<i data-moves="{esc(json.dumps(data))}"></i>'


@lru_cache(maxsize=1)
def _parts(backbone: engine.Backbone, choices: Choices, others: Moved) -> dict[str, list[str]]:
    """By the names of choices the parts that are others where one of them has the other value."""
    before, parts = _keys(_question(backbone, choices)), {}
    for name, other in others:
        try:
            now = _keys(_question(backbone, choices._replace(**{name: other})))
        except engine.EngineError:
            continue  # does not go with the others as they stand
        parts[name] = [part for part in PARTS if now[part] != before[part]]
    return parts


def _question(backbone: engine.Backbone, choices: Choices) -> Question:
    classes = choices.classes(backbone.templates)
    recipe = engine.story.Recipe(NO_PICTURE, classes, None, choices.settings())
    return Question(engine.story.Story(backbone, recipe), *choices.asked(classes))


def _other(control: Component) -> object:
    """A value that a control can be moved to; None where it is none that is moved."""
    if isinstance(control, gr.Slider):
        return control.minimum if control.value != control.minimum else control.maximum
    if isinstance(control, gr.Number):
        return (control.value or 0) + 1
    return not control.value if isinstance(control, gr.Checkbox) else None


def _keys(question: Question) -> dict[str, list[str]]:
    """Of every part the keys of all that it may be put together from."""
    return {name: [question.story.key(request) for request in foreseen(question, name)] for name in PARTS}


def _elements(pieces: Sequence[Piece], part: str) -> list[str]:
    outputs = (output for piece in pieces if part in piece.shows for output in piece.outputs)
    named = dict.fromkeys(f"#{output.elem_id}" for output in outputs if output.elem_id)
    return [*named, *(f"#card-{step}.done > :not(.card-name)" for step, subject in SUBJECTS.items() if part in subject)]
