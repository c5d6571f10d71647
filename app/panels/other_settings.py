"""A fold below a step for the settings of the engine that the step has no control of its own for."""

from __future__ import annotations

from collections.abc import Collection

import gradio as gr
from gradio.components import Component

import engine
from app.choices import Choices
from app.components.settings import others
from app.page import Page
from app.session import Session
from app.text import words as text

FOLD_BELOW = {"attention": 3, "views": 4, "tuning": 5, "ensemble": 6, engine.parameters.OWN: 6}
PART_OF = {"views": "views", "tuning": "steps", engine.parameters.OWN: "defences"}


class OtherSettings:
    """All settings of a section that are not among `placed`."""

    def __init__(self, section: str, placed: Collection[str]) -> None:
        self.section = section
        self.controls: dict[str, Component] = {}
        if not set(engine.parameters.words(section)) <= set(placed):
            fold = gr.Accordion(text.OTHER_SETTINGS, open=False, elem_id=f"other-settings-{section or 'own'}")
            with fold, gr.Row(elem_classes=["controls"]):
                self.controls = others(section, placed)

    def wire(self, page: Page) -> None:
        """What a control changes is forgotten; weights are made again at once."""
        names = tuple(self.controls)
        if not names:
            return
        if self.section == "attention":
            page.drop(names, _without_maps, "maps")
        elif self.section == "ensemble":
            for name in names:
                page.weigh(name, defences_follow=True)
        else:
            page.forget(names, PART_OF[self.section])


def _without_maps(session: Session, choices: Choices) -> Session:
    return session.without("maps").without("every")
