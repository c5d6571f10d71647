"""The head of the page: its name, and the model in use with what it can know."""

from __future__ import annotations

import engine
from app.figures.html import esc
from app.text import words as text


def header(backbone: engine.Backbone) -> str:
    """Title, one sentence, and the model."""
    size = backbone.image_size
    kind = "closed vocabulary" if backbone.words is not None else "open vocabulary"
    details = f"{size} × {size} pixels · {kind} · {backbone.device.type}"
    return (
        f"<header><div><h1>{esc(text.TITLE)}</h1><p>{esc(text.TAGLINE)}</p></div>"
        f'<div class="model"'
        f' id="model"><span>model</span><b>{esc(backbone.name)}</b><small>{esc(details)}</small></div></header>'
    )
