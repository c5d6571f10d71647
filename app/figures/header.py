"""The head of the page: its name, and the model in use with what it can know."""

from __future__ import annotations

import engine
from app.figures.html import esc, note
from app.text import words as text


def header(backbone: engine.Backbone) -> str:
    """Title, one sentence, and the model: what it reads with, and what had to be assumed of it."""
    size = backbone.image_size
    kind = "closed vocabulary" if backbone.words is not None else "open vocabulary"
    entry = engine.models.entry_of(backbone.name)
    knows = text.KNOWS if entry is None else text.KNOWS_THAT.format(knows=_within(entry.knows))
    title, own = (backbone.name, "") if entry is None else (entry.title, f"{backbone.name} · ")
    details = f"{own}{size} × {size} pixels · {kind} · {backbone.device.type}"
    assumed = "".join(note(one, "warn", "!") for one in backbone.assumed)
    return (
        f"<header><div><h1>{esc(text.TITLE)}</h1><p>{esc(text.TAGLINE)}</p></div>"
        f'<div class="model"'
        f' id="model"><span>model</span><b>{esc(title)}</b>'
        f"<small>{esc(knows)}</small><small>{esc(details)}</small>"
        f"<small>{esc(backbone.reading['in_words'])}</small></div></header>{assumed}"
    )


def _within(sentence: str) -> str:
    """As a part of a sentence."""
    return sentence[:1].lower() + sentence[1:]
