"""The head of the page: its name, and the model in use with what it can know."""

from __future__ import annotations

import engine
from app.figures.html import esc, note
from app.text import words as text


def header(backbone: engine.Backbone) -> str:
    """Title, one sentence, and the model: what it reads with, and what had to be assumed of it."""
    size = backbone.image_size
    kind = "closed vocabulary" if backbone.words is not None else "open vocabulary"
    details = f"{size} × {size} pixels · {kind} · {backbone.device.type}"
    assumed = "".join(note(one, "warn", "!") for one in backbone.assumed)
    return (
        f"<header><div><h1>{esc(text.TITLE)}</h1><p>{esc(text.TAGLINE)}</p></div>"
        f'<div class="model"'
        f' id="model"><span>model</span><b>{esc(backbone.name)}</b><small>{esc(details)}</small>'
        f"<small>{esc(backbone.reading['in_words'])}</small></div></header>{assumed}"
    )
