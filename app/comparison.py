"""In every step, what was pinned beside what is on the page: one area each, empty while nothing is pinned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import gradio as gr

from app.choices import Choices
from app.figures.compare.answers import attacked_answers, clean_answers
from app.figures.compare.maps import maps
from app.figures.compare.pictures import attacked, seen
from app.figures.compare.sides import Side
from app.figures.compare.tuning import tuning
from app.figures.compare.verdict import verdict
from app.figures.compare.views import views
from app.figures.html import esc, section
from app.figures.journey import SUBJECTS, finding
from app.figures.maps import Look
from app.state.found import Found, Pinned
from app.text import compare as text
from app.wiring.pieces import Piece


@dataclass(frozen=True, slots=True)
class Area:
    """What a step compares: the parts any of which are its subject, what else it draws, and how.

    `missing` is said where nothing is there now.
    """

    subject: tuple[str, ...]
    draw: Callable[[Sequence[Side], Choices], str]
    beside: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    missing: str = text.COMPARE_NOT_YET

    @property
    def parts(self) -> tuple[str, ...]:
        """All parts that the area is drawn from."""
        return (*self.subject, *self.beside)


AREAS = {
    1: Area(SUBJECTS[1], lambda sides, choices: seen(sides) + clean_answers(sides), missing=text.COMPARE_NO_ANSWER),
    2: Area(SUBJECTS[2], lambda sides, choices: attacked(sides) + attacked_answers(sides), ("through",)),
    3: Area(SUBJECTS[3], lambda sides, choices: maps(sides, Look.of(choices)), choices=("colours", "cells")),
    4: Area(SUBJECTS[4], lambda sides, choices: views(sides), ("steps", "ensemble")),
    5: Area(SUBJECTS[5], lambda sides, choices: tuning(sides), choices=("loss",)),
    6: Area(SUBJECTS[6], lambda sides, choices: verdict(sides)),
}


def comparison(number: int, output: gr.HTML) -> Piece:
    """The piece that draws the area of a step into `output`."""
    area = AREAS[number]

    def draw(found: Found, choices: Choices) -> dict:
        return {output: compared(number, area, found, choices)}

    reads = ("pinned", "model", "picture", "classes", "label", "answer", "clean", "adversarial", *area.parts)
    return Piece(draw, [output], tuple(dict.fromkeys(reads)), choices=area.choices)


def compared(number: int, area: Area, found: Found, choices: Choices) -> str:
    """The area of a step; empty where nothing is pinned, or there is nothing to be seen of either."""
    pinned = found.pinned
    if pinned is None:
        return ""
    before, now = (any(name in held.made for name in area.subject) for held in (pinned.found, found))
    if not before and not now:
        return ""
    if before and now and _same(area, pinned.found, found):
        said = text.COMPARE_UNMOVED if pinned.unmoved else text.COMPARE_SAME
        return _boxed(f'<p class="fine">{esc(said)}</p>')
    sides = [Side(text.COMPARE_PINNED, "pinned", pinned.found, pinned.look.choices)] if before else []
    sides += [Side(text.COMPARE_NOW, "now", found, choices)] if before and now else []
    heads = _head(text.COMPARE_PINNED, "pinned", _said(number, pinned.found) if before else _lost(area, pinned))
    heads += _head(text.COMPARE_NOW, "now", _said(number, found) if now else ("", area.missing))
    drawn = area.draw(sides, choices) if sides else ""
    return _boxed(f'<div class="sides">{heads}</div>{drawn}')


def _boxed(body: str) -> str:
    return f'<div class="compared">{section(text.COMPARE_TITLE, body)}</div>'


def _same(area: Area, before: Found, now: Found) -> bool:
    """Whether the results of both are the very same, to be judged against the same class."""
    same = all(before.made.get(name) == now.made.get(name) for name in area.parts)
    return same and (before.label, before.classes, before.answer) == (now.label, now.classes, now.answer)


def _said(number: int, found: Found) -> tuple[str, str]:
    return finding(found, number) or ("", "")


def _lost(area: Area, pinned: Pinned) -> tuple[str, str]:
    """Why nothing is there of what was pinned."""
    if pinned.away:
        return "", text.COMPARE_AWAY
    asked = pinned.look.asked.intersection(area.subject)
    return "", text.COMPARE_LOST if asked else text.COMPARE_NEVER


def _head(name: str, kind: str, said: tuple[str, str]) -> str:
    head, detail = said
    strong = f"<b>{esc(head)}</b>" if head else ""
    return f'<p class="side {kind}"><span class="which">{esc(name)}</span>{strong}<span>{esc(detail)}</span></p>'
