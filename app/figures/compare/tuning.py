"""What tuning the prompt did on both sides."""

from __future__ import annotations

import engine
from app.figures.compare.answers import bars
from app.figures.compare.sides import Row, Side, Sides, beside, columns, remark, why_apart
from app.figures.curves import Line, curve
from app.figures.html import decimals, section, short, table
from app.figures.judged import defended
from app.present import present
from app.text import compare as text
from app.text import words

PINNED = "line-4"


def tuning(sides: Sides) -> str:
    """The numbers of the tuning, and the answer to the picture itself with the tuned prompt."""
    drawn = table(*columns(sides, _ROWS), text.COMPARE_TUNING)
    apart = why_apart(sides)
    if apart:
        lists = [section(side.name, bars([(side, defended(side.found), _tuned(side))])) for side in sides]
        return drawn + remark(apart) + beside(lists)
    tuned = section(text.COMPARE_TUNED, bars([(side, defended(side.found), _tuned(side)) for side in sides]))
    return drawn + beside([tuned, _shares(sides)])


def _tuned(side: Side) -> engine.Prediction:
    return side.found.steps[-1].prediction


def _shares(sides: Sides) -> str:
    """The share of the class to be answered over the steps, a line for each side."""
    kinds = (PINNED, defended(sides[-1].found))
    lines = [Line(side.name, kind, _share(side)) for side, kind in zip(sides, kinds, strict=False)]
    last = max(side.found.steps[-1].index for side in sides)
    title = text.COMPARE_SHARE.format(name=sides[0].reference)
    return section(title, curve(title, lines, "step", "share", max(last, 1), share=True))


def _share(side: Side) -> list[float]:
    return [float(step.prediction.probabilities[present(side.found.reference)]) for step in side.found.steps]


_ROWS: tuple[Row, ...] = (
    (words.TUNE_STEPS, lambda side: str(side.found.steps[-1].index)),
    (words.LOSS, lambda side: words.LOSSES[side.choices.loss]),
    (words.TUNING_LOSS, lambda side: " → ".join(decimals(side.found.steps[at].loss, 4) for at in (0, -1))),
    (words.LARGEST_MOVE, lambda side: short(float(side.found.steps[-1].text_drift.max()))),
)
