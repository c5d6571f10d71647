"""The views of both sides: how many there are, which count, and their weights on one axis."""

from __future__ import annotations

from app.figures.compare.sides import Row, Side, Sides, beside, columns, remark
from app.figures.curves import weight_columns
from app.figures.html import percent, section, table
from app.present import present
from app.text import compare as text
from app.text import words

KEYS = (
    f'<div class="legend"><span class="key drives">{text.COMPARE_DRIVES}</span>'
    f'<span class="key other">{text.COMPARE_DRIVES_NOT}</span></div>'
)


def views(sides: Sides) -> str:
    """Numbers of the views of each side, and their weights on one axis."""
    drawn = table(*columns(sides, _ROWS), text.COMPARE_VIEWS)
    weighed = [side for side in sides if side.found.ensemble is not None]
    if not weighed:
        return drawn + remark(words.VIEWS_LATER)
    top = max(float(present(side.found.ensemble).weights.max()) for side in weighed)
    charts = [section(text.COMPARE_WEIGHTS.format(side=side.name), KEYS + _weights(side, top)) for side in weighed]
    return drawn + beside(charts)


def _weights(side: Side, top: float) -> str:
    steps = side.found.steps
    kept = set(steps[-1].kept.tolist()) if steps else set()
    return weight_columns(present(side.found.ensemble).weights.tolist(), kept, top)


def _right(side: Side) -> str:
    answers = present(side.found.views).logits.argmax(-1)
    return str(int((answers == present(side.found.reference)).sum()))


def _kept(side: Side) -> str:
    return str(len(side.found.steps[-1].kept)) if side.found.steps else ""


def _effective(side: Side) -> str:
    if side.found.ensemble is None:
        return ""
    return f"{1 / float(side.found.ensemble.weights.square().sum()):.1f}"


def _heaviest(side: Side) -> str:
    return "" if side.found.ensemble is None else percent(float(side.found.ensemble.weights.max()))


_ROWS: tuple[Row, ...] = (
    (words.VIEW_COUNT, lambda side: str(len(present(side.found.views)))),
    (text.COMPARE_RIGHT_VIEWS, _right),
    (text.COMPARE_KEPT, _kept),
    (text.COMPARE_EFFECTIVE, _effective),
    (text.COMPARE_HEAVIEST, _heaviest),
)
