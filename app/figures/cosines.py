"""How well the sentences of all classes fit a picture, on one line with the threshold of “none of these”."""

from __future__ import annotations

import engine
from app.figures.html import esc, signed
from app.present import present
from app.text import verdict as text

WIDTH, HEIGHT, AXIS = 400, 46, 26
MARGIN = 0.04  # of the span, so that the outermost marks are not cut


def cosine_line(answer: engine.Prediction, threshold: float) -> str:
    """A tick for the cosine of every class, the highest one named, and the threshold as a dashed line."""
    cosines = present(answer.cosines)
    best = present(answer.best_cosine)
    low, high = min(float(cosines.min()), threshold), max(best, threshold)
    room = MARGIN * (high - low) or MARGIN
    low, high = low - room, high + room

    def at(value: float) -> float:
        return WIDTH * (value - low) / (high - low)

    ticks = "".join(f'<line class="one" x1="{at(c):.1f}" x2="{at(c):.1f}" y1="20" y2="32"/>' for c in cosines.tolist())
    said = text.NONE_LINE.format(best=signed(best, 3), name=answer.name, threshold=signed(threshold), of=len(cosines))
    marks = (
        f'<line class="best" x1="{at(best):.1f}" x2="{at(best):.1f}" y1="16" y2="36"/>'
        f'<line class="even" x1="{at(threshold):.1f}" x2="{at(threshold):.1f}" y1="12" y2="40"/>'
        f"{_word(at(best), 11, text.NONE_BEST.format(cosine=signed(best)))}"
        f"{_word(at(threshold), 45, text.NONE_THRESHOLD.format(cosine=signed(threshold)))}"
    )
    return (
        f'<svg class="curve cosines" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{esc(said)}">'
        f'<line class="grid" x1="0" x2="{WIDTH}" y1="{AXIS}" y2="{AXIS}"/>{ticks}{marks}</svg>'
    )


def _word(x: float, y: int, word: str) -> str:
    """A word at its mark, within the line."""
    anchor = "start" if x < WIDTH / 3 else "end" if x > 2 * WIDTH / 3 else "middle"
    return f'<text class="tick" x="{x:.1f}" y="{y}" text-anchor="{anchor}">{esc(word)}</text>'
