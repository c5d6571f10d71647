"""Gradio's memory of each session, without a copy of everything that was drawn there.

Gradio keeps that copy, a few megabytes a session, for links that bring a whole page back; this page has links of its
own. What a session needs to go on (the choices of its menus, bounds of its sliders) lies elsewhere and stays.
"""

from __future__ import annotations

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


class Sessions(StateHolder):
    """Sessions of one page."""

    def __getitem__(self, session_id: str) -> SessionState:
        session = super().__getitem__(session_id)
        if not isinstance(session.config_values, Nothing):
            session.config_values = Nothing()
        return session


def slim(app: Any, page: gr.Blocks) -> None:
    """Have the served page keep its sessions so; those of before begin anew."""
    app.state_holder = Sessions()
    app.state_holder.set_blocks(page)
