"""The rare parameters of the verdict: how the views are weighed, and what changes every defence alike."""

from __future__ import annotations

import gradio as gr
from gradio.components import Component

import engine
from app.components.settings import choice, slider, tick
from app.figures.html import esc
from app.text import verdict as text


def weight_controls() -> dict[str, Component]:
    """What the weights of the views are made from, and what A-TPT's figure leaves open about total variation."""
    made: dict[str, Component] = {"weighting": choice("weighting", text.WEIGHTINGS, text.WEIGHTING)}
    with gr.Row(elem_classes=["controls"]):
        made["neighbours"] = slider("neighbours", text.NEIGHBOURS, min_width=200)
        made["temperature"] = slider("temperature", text.TEMPERATURE, min_width=200)
        made["answer_views"] = slider("answer_views", text.ANSWER_VIEWS, min_width=200)
    gr.HTML(f'<p class="fine">{esc(text.TV_ABOUT)}</p>')
    with gr.Row(elem_classes=["controls"]):
        made["tv_map"] = choice("tv_map", text.TV_MAPS, text.TV_MAP, min_width=190)
        made["tv_norm"] = choice("tv_norm", text.TV_NORMS, text.TV_NORM, min_width=170)
        made["tv_reduction"] = choice("tv_reduction", text.TV_REDUCTIONS, text.TV_REDUCTION, min_width=150)
        made["tv_temperature"] = slider("tv_temperature", text.TV_TEMPERATURE, min_width=200)
    return made


def rare_controls() -> dict[str, Component]:
    """What changes every defence alike."""
    names = engine.parameters.parameters()["purifier"].choices
    offered = {name: engine.DEFENCES[name].title if name else text.NO_PURIFIER for name in names}
    with gr.Row(elem_classes=["controls"]):
        purifier = gr.Dropdown(
            [(title, name) for name, title in offered.items()], value="", label=text.PURIFIER,
            info=text.PURIFIER_INFO, elem_id="purifier", filterable=False, min_width=300,
        )  # fmt: skip
        legacy = tick("legacy", text.LEGACY, text.LEGACY_INFO, min_width=300)
    return {"purifier": purifier, "legacy": legacy}
