"""Whether confidences keep their word: reliability diagrams of two defences, clean beside attacked, and their sums.

A diagram has a bar for every bin of confidence, as high as the share of right answers; it should end on the diagonal.
"""

from __future__ import annotations

import engine
from app import measured
from app.figures.html import esc, note, percent, rich
from app.figures.mosaic import called
from app.measured import Arm
from app.text import many as text

WIDTH, HEIGHT = 226, 226
LEFT, RIGHT, TOP, BOTTOM = 32, 14, 20, 34
COUNTS = 24  # the height that the fullest bin has among the counts
FEW = 10  # pictures in a bin, below which it is grey


def reliability(name: str, left: str, right: str) -> str:
    """Of two defences in the arm that `measured.arms` calls so, beside clean pictures; empty where they cannot be
    compared there.
    """
    kept, arm = measured.arms()[name]
    clean = kept.arms[0]
    if left == right or not {left, right} <= {*arm.right} & {*clean.right}:
        return ""
    arms = {f"{kept.name}/{one.name}": one for one in (clean, arm)}
    if any(measured.calibration(key, defence) is None for key in arms for defence in (left, right)):
        return note(text.TRUST_LACKING, "warn", "!")
    drawn = "".join(_side(arms, clean, defence) for defence in (left, right))
    said = "".join(note(_compared(key, one, left, right)) for key, one in arms.items())
    return f'<p class="fine">{esc(text.TRUST_LEAD)}</p><div class="trust">{drawn}</div>{said}'


def _side(arms: dict[str, Arm], clean: Arm, defence: str) -> str:
    """One defence: its diagrams, and what they sum to."""
    figures = "".join(_figure(key, one, clean, defence) for key, one in arms.items())
    return f'<div class="trust-side">{figures}</div>'


def _figure(key: str, arm: Arm, clean: Arm, defence: str) -> str:
    found = _known(key, defence)
    title = text.TRUST_SHOWN.format(title=engine.DEFENCES[defence].title, arm=_called(arm))
    said = [_off(found), _surer(found)]
    if arm.attack is not None:
        said.append(_fooled(arm.success(clean, defence)))
    sums = "".join(f"<p>{rich(sentence)}</p>" for sentence in said)
    return f"<figure><figcaption>{esc(title)}</figcaption>{_diagram(title, found, arm)}{sums}</figure>"


def _known(key: str, defence: str) -> engine.evaluation.Calibration:
    found = measured.calibration(key, defence)
    if found is None:
        raise engine.EngineError(text.TRUST_LACKING)
    return found


def _called(arm: Arm) -> str:
    return text.TRUST_CLEAN if arm.attack is None else text.TRUST_ATTACKED


def _off(found: engine.evaluation.Calibration) -> str:
    value, low, high = map(percent, found.measured("ece"))
    return text.TRUST_ERROR.format(ece=value, low=low, high=high, calibrated=percent(found.calibrated))


def _surer(found: engine.evaluation.Calibration) -> str:
    if found.right.all() or not found.right.any():
        return text.TRUST_ALIKE.format(alike="right" if found.right.all() else "wrong")
    value, low, high = map(percent, found.measured("auroc"))
    return text.TRUST_SURER.format(auroc=value, low=low, high=high)


def _fooled(success: dict) -> str:
    low, high = map(percent, success["interval"] or (0, 1))
    return text.TRUST_FOOLED.format(fooled=success["fooled"], of=success["of"], low=low, high=high)


def _compared(key: str, arm: Arm, left: str, right: str) -> str:
    """Whether one of the two is off by less, on the same pictures."""
    value, low, high = _known(key, left).against(_known(key, right), "ece")
    points = [f"{100 * number:+.1f}".replace("-", "−") for number in (value, low, high)]
    names = {"left": called(left), "right": called(right)}
    difference = text.TRUST_DIFFERENCE.format(**names, value=points[0])
    sentence = text.TRUST_EVEN if low <= 0 <= high else text.TRUST_APART
    better = names["left"] if value < 0 else names["right"]
    words = {"arm": _called(arm).capitalize(), "better": better, "difference": difference}
    return sentence.format(**words, low=points[1], high=points[2])


def _diagram(title: str, found: engine.evaluation.Calibration, arm: Arm) -> str:
    bins, kind = found.reliability(), "clean" if arm.attack is None else "attacked"
    most = max(one.count for one in bins)
    bars = "".join(_bar(one, kind, most) for one in bins if one.count)
    value, _, _ = found.measured("ece")
    label = f"{title}: {text.TRUST_ERROR.partition('(')[0].replace('**', '').format(ece=percent(value)).strip()}"
    return (
        f'<svg class="reliability" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{esc(label)}">'
        f'{_axes()}{bars}<line class="even" x1="{_x(0):.1f}" y1="{_y(0):.1f}" x2="{_x(1):.1f}" y2="{_y(1):.1f}"/></svg>'
    )


def _bar(one: engine.evaluation.Bin, kind: str, most: int) -> str:
    few = one.count < FEW
    words = {"count": one.count, "confidence": percent(one.confidence), "accuracy": percent(one.accuracy)}
    said = (text.TRUST_FEW if few else text.TRUST_BIN).format(**words)
    left, width = _x(one.low) + 0.5, _x(one.high) - _x(one.low) - 1
    top, tall = _y(one.accuracy), COUNTS * one.count / most
    return (
        f'<g class="{"few" if few else kind}"><title>{esc(said)}</title>'
        f'<rect class="share" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{_y(0) - top:.1f}"/>'
        f'<rect class="many" x="{left:.1f}" y="{_y(0) - tall:.1f}" width="{width:.1f}" height="{tall:.1f}"/>'
        f'<circle cx="{_x(one.confidence):.1f}" cy="{top:.1f}" r="3.2"/></g>'
    )


def _axes() -> str:
    marks = (0.0, 0.5, 1.0)
    across = "".join(_tick(_x(mark), HEIGHT - BOTTOM + 14, mark, "middle") for mark in marks)
    up = "".join(_tick(LEFT - 4, _y(mark) + 4, mark, "end") for mark in marks)
    frame = f'<rect class="frame" x="{LEFT}" y="{TOP}" width="{_x(1) - LEFT:.1f}" height="{_y(0) - TOP:.1f}"/>'
    named = (
        f'<text class="axis" x="{_x(0.5):.1f}" y="{HEIGHT - 4}" text-anchor="middle">{esc(text.TRUST_X)}</text>'
        f'<text class="axis" x="0" y="{TOP - 8}">{esc(text.TRUST_Y)}</text>'
    )
    return frame + across + up + named


def _tick(x: float, y: float, mark: float, anchor: str) -> str:
    return f'<text class="tick" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{100 * mark:.0f}</text>'


def _x(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
