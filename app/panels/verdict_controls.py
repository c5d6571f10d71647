"""The rare parameters of the verdict: how the views are weighed, and what changes every defence alike."""

from __future__ import annotations

import gradio as gr

import engine
from app.choices import NO_PURIFIER
from app.components.controls import menu
from app.components.slider import Range
from app.figures.html import esc
from app.text import words as text

WEIGHTS = (
    "weighting", "neighbours", "temperature", "answer_views", "tv_map", "tv_norm", "tv_reduction", "tv_temperature",
)  # fmt: skip


def weight_controls() -> dict[str, gr.components.Component]:
    """What the weights of the views are made from, and what A-TPT's figure leaves open about total variation."""
    begun = engine.EnsembleSettings()
    weighting = menu(text.WEIGHTINGS, begun.weighting, text.WEIGHTING, "weighting")
    with gr.Row(elem_classes=["controls"]):
        neighbours = _slider((1, 64, 1), begun.neighbours, text.NEIGHBOURS, "neighbours")
        temperature = _slider((0.001, 0.2, 0.001), begun.temperature, text.TEMPERATURE, "temperature")
        views = _slider((0, 128, 1), 0, text.ANSWER_VIEWS, "answer-views")
    gr.HTML(f'<p class="fine">{esc(text.TV_ABOUT)}</p>')
    with gr.Row(elem_classes=["controls"]):
        drawn = menu(text.TV_MAPS, begun.tv_map, text.TV_MAP, "tv-map", 190)
        norm = menu(text.TV_NORMS, begun.tv_norm, text.TV_NORM, "tv-norm", 170)
        reduction = menu(text.TV_REDUCTIONS, begun.tv_reduction, text.TV_REDUCTION, "tv-reduction", 150)
        sharpness = _slider((0.01, 2, 0.01), begun.tv_temperature, text.TV_TEMPERATURE, "tv-temperature")
    made = (weighting, neighbours, temperature, views, drawn, norm, reduction, sharpness)
    return dict(zip(WEIGHTS, made, strict=True))


def rare_controls() -> dict[str, gr.components.Component]:
    """What changes every defence alike."""
    offered = {NO_PURIFIER: text.NO_PURIFIER} | {n: d.title for n, d in engine.DEFENCES.items() if d.purify}
    with gr.Row(elem_classes=["controls"]):
        purifier = gr.Dropdown(
            [(title, name) for name, title in offered.items()], value=NO_PURIFIER, label=text.PURIFIER,
            info=text.PURIFIER_INFO, elem_id="purifier", filterable=False, min_width=300,
        )  # fmt: skip
        legacy = gr.Checkbox(False, label=text.LEGACY, info=text.LEGACY_INFO, elem_id="legacy", min_width=300)
    return {"purifier": purifier, "legacy": legacy}


def _slider(scale: tuple[float, float, float], value: float, label: str, elem_id: str) -> Range:
    low, high, step = scale
    return Range(low, high, value, step=step, label=label, elem_id=elem_id, min_width=200, buttons=[])
