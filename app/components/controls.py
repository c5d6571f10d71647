"""Controls that several steps use, each with what all of its kind have in common."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import gradio as gr
import numpy as np
from gradio.processing_utils import save_file_to_cache
from gradio.utils import get_upload_folder

import engine
from app.figures.html import esc
from app.figures.pictures import png


def menu(
    options: dict[str, str], value: str, label: str, elem_id: str, min_width: int = 160, visible: bool = True
) -> gr.Dropdown:
    """A menu of `options`, from what the engine calls a choice to what a visitor reads."""
    return gr.Dropdown(
        [(shown, name) for name, shown in options.items()],
        value=value,
        label=label,
        elem_id=elem_id,
        filterable=False,
        min_width=min_width,
        visible=visible,
    )


def class_menu(none: str, label: str, elem_id: str, info: str | None = None, min_width: int = 160) -> gr.Dropdown:
    """A menu of class names that may be searched, with `none` for no class; `listing` fills it."""
    return gr.Dropdown(
        [none], value=none, label=label, info=info, elem_id=elem_id, filterable=True, min_width=min_width,
        allow_custom_value=True,  # as the true class: names may have changed since
    )  # fmt: skip


def listing(none: str, names: Sequence[str], chosen: str | None, visible: bool | None = None) -> dict:
    """The update that offers `names` in such a menu; what was chosen and is none of them is dropped."""
    update = gr.update(choices=[none, *names], visible=visible)
    return update if chosen in names else update | {"value": listed(none, names, chosen)}


def listed(none: str, names: Sequence[str], chosen: str | None) -> str:
    """What was chosen, as the class it is spells it among `names`; `none` where it is none of them."""
    place = engine.classes.find(chosen, names)
    return none if place is None else names[place]


def part(
    asks: str, run: str, run_id: str, drawn_id: str, min_width: int = 150, js: str | None = None
) -> tuple[gr.Button, gr.HTML]:
    """A part of a step that runs when asked: its question beside its button, and where it is drawn, with a script."""
    with gr.Row(elem_classes=["controls", "part"]):
        gr.HTML(f'<p class="fine">{esc(asks)}</p>')
        button = gr.Button(run, elem_id=run_id, min_width=min_width, scale=0)
    return button, gr.HTML(elem_id=drawn_id, js_on_load=js)


def shown(picture: np.ndarray) -> str:
    """The path of an exact PNG file of (h, w, 3) uint8 that the browser may fetch."""
    return served("picture.png", png(picture))


def served(name: str, content: bytes) -> str:
    """The path of a file that Gradio may serve and that is never written a second time.

    Gradio names the file of an array by its content and writes it anew whenever the picture is shown again; a browser
    that is reading it at that moment gets half a picture. A file that is moved into place whole, once, cannot do that.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return save_file_to_cache(path, get_upload_folder())
