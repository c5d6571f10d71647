"""A sentence whose words carry their share, as a tint and as a number."""

from __future__ import annotations

from collections.abc import Sequence

from app.figures.html import esc, rough_percent

FULLEST = 45  # percent of the accent colour; more would leave words in the dark theme too little contrast


def weighed_words(name: str, words: Sequence[tuple[str, float]], most: float, detail: str) -> str:
    """One row: its name with a `detail`, and its words with their shares; `most` is the share with the fullest tint."""
    drawn = "".join(
        f'<span class="piece" style="--share:{_tint(share, most)}%">{esc(word)}<small>{rough_percent(share)}'
        "</small></span>"
        for word, share in words
    )
    return (
        f'<div class="weighed"><span class="which">{esc(name)}<small>{esc(detail)}</small></span><p>{drawn}</p></div>'
    )


def _tint(share: float, most: float) -> int:
    return round(FULLEST * share / most) if most > 0 else 0
