"""The line of the page's head that offers a model for photographs: to be fetched, on its way, or there."""

from __future__ import annotations

import engine
from app.figures.html import esc
from app.text import inputs as text

LARGE = 1_000_000  # bytes of a file whose coming is worth a word
SILENT_AFTER = 2.5  # seconds without an answer of the hub until the line says so


def standing(backbone: engine.Backbone, first: engine.Backbone, said: str = "") -> str:
    """What is offered beside the model that answers; `said` is why the last wish could not be fulfilled."""
    if backbone.words is None:
        known = engine.models.entry_of(first.name)
        back = text.OFFER_BACK.format(name=first.name if known is None else known.title)
        return _line("", _button("back", back)) if first.words is not None else ""
    entry = engine.models.recommended_model()
    label = text.OFFER_USE if entry.here else text.OFFER_GET.format(size=entry.megabytes)
    return _line(said, _button("use", label), "warn" if said else "")


def coming(
    entry: engine.models.ModelEntry, piece: engine.results.Download | None, left: float | None, spent: float
) -> str:
    """How far the model is, in megabytes and in seconds that are `left`, `spent` seconds after it was asked for."""
    if piece is None and spent > SILENT_AFTER:
        return _line(f"{text.OFFER_SILENT} {text.OFFER_WAYS}", _button("cancel", text.OFFER_CANCEL), "warn")
    if piece is None or (piece.total or LARGE) < LARGE:  # its configuration is a few lines
        return _line(text.OFFER_ASKS.format(name=entry.title), _button("cancel", text.OFFER_CANCEL))
    total = "" if piece.total is None else text.OFFER_OF.format(total=f"{piece.total / 1e6:,.0f}")
    said = text.OFFER_COMING.format(name=entry.title, done=f"{piece.done / 1e6:,.0f}", total=total)
    said += "" if left is None else text.OFFER_LEFT.format(left=max(1, round(left)))
    return _line(said, _button("cancel", text.OFFER_CANCEL), share=piece.fraction)


def there(entry: engine.models.ModelEntry) -> str:
    """The model has come while the page went on with another."""
    return _line(text.OFFER_THERE.format(name=entry.title), _button("use", text.OFFER_SWITCH))


def _button(wish: str, word: str) -> str:
    return f'<button type="button" data-do="{wish}">{esc(word)}</button>'


def _line(said: str, button: str, tone: str = "", share: float | None = None) -> str:
    bar = "" if share is None else f'<span class="progress"><span style="width:{100 * share:.1f}%"></span></span>'
    sentence = f"<span>{esc(said)}{bar}</span>" if said else ""
    return f'<div class="offer {tone}" role="status">{sentence}{button}</div>'
