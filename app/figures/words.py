"""A sentence whose pieces carry their share, as a tint and as a number."""

from __future__ import annotations

from collections.abc import Sequence

from app.figures.html import esc, rough_percent

FULLEST = 45  # percent of the accent colour; more would leave words in the dark theme too little contrast


def weighed_words(name: str, pieces: Sequence[str], shares: Sequence[float], most: float, detail: str) -> str:
    """One row: its name with a `detail`, and its pieces with their shares; `most` is the share with the fullest tint.

    A piece that ends a word ends with a space, and stands apart from the next.
    """
    drawn = "".join(
        f'<span class="piece{" ends" if piece.endswith(" ") else ""}" style="--share:{_tint(share, most)}%">'
        f"{esc(piece.strip())}<small>{rough_percent(share)}</small></span>"
        for piece, share in zip(pieces, shares, strict=True)
    )
    return (
        f'<div class="weighed"><span class="which">{esc(name)}<small>{esc(detail)}</small></span><p>{drawn}</p></div>'
    )


def _tint(share: float, most: float) -> int:
    return round(FULLEST * share / most) if most > 0 else 0
