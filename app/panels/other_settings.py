"""A fold below a step for the settings of the engine that the step has no control of its own for."""

from __future__ import annotations

from collections.abc import Collection

import gradio as gr
from gradio.components import Component

import engine
from app.components.settings import others
from app.text import inputs as text

FOLD_BELOW = {"attention": 3, "views": 4, "tuning": 5, "ensemble": 6, engine.parameters.OWN: 6}


class OtherSettings:
    """All settings of a section that are not among `placed`."""

    def __init__(self, section: str, placed: Collection[str]) -> None:
        self.section = section
        self.controls: dict[str, Component] = {}
        if not set(engine.parameters.words(section)) <= set(placed):
            fold = gr.Accordion(text.OTHER_SETTINGS, open=False, elem_id=f"other-settings-{section or 'own'}")
            with fold, gr.Row(elem_classes=["controls"]):
                self.controls = others(section, placed)
