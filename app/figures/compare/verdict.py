"""The answer of every method on both sides, and which of them changed."""

from __future__ import annotations

from collections.abc import Sequence

import engine
from app.figures.compare.sides import Side, Sides, other_truth, remark, same_names
from app.figures.html import differing, esc, note, percent, table
from app.figures.judged import caution, judged
from app.state.found import Found
from app.text import compare as text
from app.text import words
from app.text.counted import counted


def verdict(sides: Sides) -> str:
    """The answer of every method on each side, right or wrong, and which of them changed."""
    answers = [_by_method(side.found) for side in sides]
    order = [words.REFERENCE, *(defence.title for defence in engine.DEFENCES.values()), words.YOURS]
    titles = [title for title in order if any(title in found for found in answers)]
    rows = [_verdict_row(title, sides, [found.get(title) for found in answers]) for title in titles]
    heads = ("", *(side.name for side in sides), *([text.COMPARE_CHANGED] if len(sides) > 1 else []))
    drawn = table(heads, rows, text.COMPARE_VERDICT, "stacks")
    lists = "" if same_names(sides) else text.COMPARE_TWO_LISTS
    apart = " ".join(filter(None, (lists, other_truth(sides))))
    return remark(apart) + drawn + (_summary(sides, answers) if len(sides) > 1 else "")


def _by_method(found: Found) -> dict[str, engine.Prediction]:
    before = None if found.adversarial is None else found.adversarial.before
    answers = {} if before is None else {words.REFERENCE: before}
    answers |= {engine.DEFENCES[one.defence].title: one.prediction for one in found.defences}
    return answers | ({} if found.ensemble is None else {words.YOURS: found.ensemble.prediction})


def _verdict_row(title: str, sides: Sides, answers: Sequence[engine.Prediction | None]) -> tuple[str, ...]:
    cells = [_verdict_cell(side, answer) for side, answer in zip(sides, answers, strict=True)]
    changed = [esc(_changed(sides, answers))] if len(sides) > 1 else []
    return (f'<span class="defence">{esc(title)}</span>', *cells, *changed)


def _verdict_cell(side: Side, answer: engine.Prediction | None) -> str:
    if answer is None:
        return f'<span class="untimed">{esc(text.COMPARE_NOT_RUN)}</span>'
    good = answer.label == side.found.reference
    wrong = "" if good else f"<br><small>{differing(answer.name, side.reference)}</small>"
    return f"{judged(side.found, answer)} {percent(answer.confidence)}{wrong}"


def _changed(sides: Sides, answers: Sequence[engine.Prediction | None]) -> str:
    before, now = answers
    if before is None or now is None:
        return ""
    none = [side.found.abstains(answer) for side, answer in zip(sides, (before, now), strict=True)]
    good = [side.found.right(answer) for side, answer in zip(sides, (before, now), strict=True)]
    if none[0] != none[1]:
        how = words.NONE if none[1] else words.AS_ASKED[sides[-1].found.given][good[1]]
        return text.COMPARE_TURNED.format(how=how)
    unjudged = any(side.found.unjudged for side in sides)
    if good[0] != good[1] and not unjudged:
        return text.COMPARE_TURNED.format(how=words.AS_ASKED[sides[-1].found.given][good[1]])
    if all(good) and not unjudged:
        return ""  # each as asked, whatever was asked
    other = words.STRANGE_MARK[False] if unjudged else text.COMPARE_OTHER_ANSWER[bool(sides[-1].found.given)]
    return "" if before.name == now.name else other


def _summary(sides: Sides, answers: Sequence[dict[str, engine.Prediction]]) -> str:
    """How many of the methods that ran on both sides are right on which."""
    cautious = next(filter(None, (caution(side.found) for side in sides)), "")
    if cautious:
        return cautious
    both = [title for title in answers[0] if title in answers[1] and title != words.REFERENCE]
    good = [tuple(side.found.right(found[title]) for side, found in zip(sides, answers, strict=True)) for title in both]
    if any(side.found.unjudged for side in sides):
        return ""
    given = all(side.found.given for side in sides)
    counts = {name: good.count(key) for name, key in _TALLY.items()}
    return note(counted(text.COMPARE_TALLY[given], of=len(both), **counts)) if both else ""


_TALLY = {"both": (True, True), "first": (True, False), "second": (False, True), "neither": (False, False)}
