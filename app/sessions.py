"""Gradio's memory of each session, without what this page never asks it for.

Gradio keeps a copy of everything drawn, a few megabytes a session, for links that bring a whole page back; this page
has links of its own. And whenever a component that was changed before is changed again, Gradio keeps the one before
under a number that nobody knows, so that a session grows with every event. What a session needs to go on (the choices
of its menus, the bounds of its sliders) stays.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gradio as gr
from gradio.state_holder import SessionState, StateHolder


class Nothing(dict[int, dict]):
    """Holds nothing, whatever is put in; to Gradio, every component is there, without properties."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: int) -> dict:
        return {}

    def __setitem__(self, key: int, value: Any) -> None:
        pass


class Session(SessionState):
    """The components of the page, each as this session last changed it."""

    def __init__(self, page: gr.Blocks) -> None:
        undescribed: Any = SimpleNamespace(default_config=page.default_config, blocks={})
        super().__init__(undescribed)  # or Gradio would describe each of the page's components
        self.config_values = Nothing()

    def __setitem__(self, key: int, value: Any) -> None:
        if isinstance(self.blocks_config.blocks.get(key), gr.State):
            super().__setitem__(key, value)
        elif key in self.blocks_config.blocks:
            self.blocks_config.blocks[key] = value

    def _update_config(self, key: int) -> None:
        """Nothing, as nothing of it is kept: Gradio would describe every output of an event anew, changed or not."""


class Sessions(StateHolder):
    """Sessions of one page."""

    def __getitem__(self, session_id: str) -> SessionState:
        if session_id not in self.session_data:
            self.session_data[session_id] = Session(self.blocks)
        return super().__getitem__(session_id)


def slim(app: Any, page: gr.Blocks) -> None:
    """Have the served page keep its sessions so; those of before begin anew."""
    app.state_holder = Sessions()
    app.state_holder.set_blocks(page)
