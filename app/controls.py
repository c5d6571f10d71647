"""Controls that several steps use, each with what all of its kind have in common."""

from __future__ import annotations

import gradio as gr


def menu(options: dict[str, str], value: str, label: str, elem_id: str, min_width: int = 160) -> gr.Dropdown:
    """A menu of `options`, from what the engine calls a choice to what a visitor reads."""
    return gr.Dropdown(
        [(shown, name) for name, shown in options.items()],
        value=value,
        label=label,
        elem_id=elem_id,
        filterable=False,
        min_width=min_width,
    )


def share(value: float, label: str, elem_id: str, least: float = 0, step: float = 0.05) -> gr.Slider:
    """A slider for a share between `least` and 1."""
    return gr.Slider(least, 1, value, step=step, label=label, elem_id=elem_id, min_width=180, buttons=[])
