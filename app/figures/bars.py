"""Probability bars: one or more predictions over the same classes, name above bars, values in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from app.figures.html import chips, differing, esc, percent, presented, signed, underlines
from app.text import words as text
from engine import Prediction

Named = tuple[str, str, Prediction]  # what it is called, its colour class, the prediction


def prediction_bars(
    named: Sequence[Named],
    count: int = 6,
    reference: int | None = None,
    given: bool | None = True,
    target: int | None = None,
    cosines: bool = False,
) -> str:
    """The classes that any of the predictions holds most likely, best first in the last one.

    Among them, marked, are `reference`, a true label if `given`, else the clean answer (None: that to the picture as it
    came), and the attack's `target`. With `cosines`, these stand behind the shares of every prediction that has some.
    """
    marks = _marks(reference, given, target)
    asked = None if reference is None else named[0][2].classes.names[reference]
    cosines = cosines and any(p.scale is not None for _, _, p in named)
    rows = "".join(_row(place, named, asked, marks.get(place), cosines) for place in _places(named, count, marks))
    title = "; ".join(f"{name}: {p.name} {percent(p.confidence)}" for name, _, p in named)
    legend = "" if len(named) == 1 else _legend(named)
    return f'{legend}<div class="bars" role="group" aria-label="{esc(title)}">{_heads() if cosines else ""}{rows}</div>'


def underlined(drawn: str, given: bool | None) -> str:
    """What the underlined words of what is drawn are; empty where none are."""
    return text.DIFFERS[given] if underlines(drawn) else ""


def explained(bars: str, given: bool | None) -> str:
    """Bars, with a line for an audience on what is underlined in them, where anything is."""
    return bars + (presented(text.DIFFERS_PRESENTED[given]) if underlines(bars) else "")


def prediction_chips(prediction: Prediction) -> str:
    """Entropy and margin of a prediction, and what it was asked."""
    most = math.log(len(prediction.classes))
    sentences = prediction.classes.templates
    more = ("Sentences", str(len(sentences)), f"Averaged for each class; tuning starts from “{sentences[0]}”")
    return chips(
        (
            ("Entropy", f"{prediction.entropy:.3f} nats", f"0: sure of one class; {most:.2f}: all classes alike"),
            (text.MARGIN, f"{prediction.margin:.2f}", text.MARGIN_WHY),
            ("Classes", f"{len(prediction.classes):,}", "How many answers were possible"),
            *([more] if len(sentences) > 1 else []),
        )
    )


def rows_of(
    prediction: Prediction, count: int, reference: int | None, given: bool | None
) -> list[tuple[str, float, str]]:
    """The rows of `prediction_bars` for one prediction: class name, share, mark; for paper."""
    marks = _marks(reference, given, None)
    places = _places([("", "", prediction)], count, marks)
    names, shares = prediction.classes.names, prediction.probabilities
    return [(names[place], float(shares[place]), marks.get(place, "")) for place in places]


def _marks(reference: int | None, given: bool | None, target: int | None) -> dict[int, str]:
    marks = {} if target is None else {target: "◎ target"}
    return marks if reference is None else marks | {reference: text.REFERENCE_SHORT[given]}


def _places(named: Sequence[Named], count: int, marked: Iterable[int]) -> list[int]:
    chosen = dict.fromkeys(marked)
    tops = [p.probabilities.argsort(descending=True)[:count].tolist() for _, _, p in named]
    for rank in zip(*tops, strict=True):
        for place in rank:
            if len(chosen) < count:
                chosen[place] = None
    last = named[-1][2].probabilities
    return sorted(chosen, key=lambda place: float(last[place]), reverse=True)


def _row(place: int, named: Sequence[Named], asked: str | None, mark: str | None, cosines: bool) -> str:
    star = f'<span class="truth">{mark}</span>' if mark else ""
    shown = differing(named[0][2].classes.names[place], asked)
    bars = "".join(
        _bar(label, kind, float(p.probabilities[place]), p.label == place, _cosine(p, place) if cosines else "")
        for label, kind, p in named
    )
    return f'<div class="bar-row"><div class="bar-name"><span>{shown}</span>{star}</div>{bars}</div>'


def _bar(label: str, kind: str, share: float, top: bool, cosine: str) -> str:
    weight = " top" if top else ""
    return (
        f'<div class="bar {esc(kind)}{weight}"><span class="track"><span class="fill" style="width:{100 * share:.2f}%">'
        f'</span></span><span class="value"><span class="unseen">{esc(label)} </span>{percent(share)}</span>'
        f"{cosine}</div>"
    )


def _cosine(prediction: Prediction, place: int) -> str:
    """The cosine of a class, quietly; an empty place for an answer that has none."""
    if prediction.cosines is None:
        return '<span class="cosine"></span>'
    said = signed(float(prediction.cosines[place]))
    return (
        f'<span class="cosine" title="{esc(text.COSINE_WHY)}"><span class="unseen">{text.COSINE} </span>{said}</span>'
    )


def _heads() -> str:
    """What the two numbers of a row are."""
    return f'<div class="bar-heads" aria-hidden="true"><span>{text.SHARE}</span><span>{text.COSINE}</span></div>'


def _legend(named: Sequence[Named]) -> str:
    items = "".join(f'<span class="key {esc(kind)}">{esc(name)}</span>' for name, kind, _ in named)
    return f'<div class="legend">{items}</div>'
