"""The answers of both sides as bars."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

import engine
from app.figures.bars import prediction_bars
from app.figures.compare.sides import Side, Sides, beside, remark, why_apart
from app.figures.html import section
from app.present import present
from app.state.found import Found
from app.text import compare as text
from app.text import words

COUNT = 4  # classes of a list of bars
Answer = Callable[[Found], engine.Prediction]
Named = Sequence[tuple[Side, str, engine.Prediction]]  # sides, each with the colour class of its bar and its answer


def clean_answers(sides: Sides) -> str:
    """The answers to the clean picture."""
    title = words.MAP_CLEAN if all(side.found.clean_known for side in sides) else text.AS_IT_CAME
    return _answers(sides, [(title, "clean", lambda found: present(found.clean))])


def attacked_answers(sides: Sides) -> str:
    """The answers to the clean and to the attacked picture."""
    clean: Answer = lambda found: present(found.adversarial).known_before  # noqa: E731
    attacked: Answer = lambda found: present(found.adversarial).after_saved  # noqa: E731
    kinds = [(words.MAP_CLEAN, "clean", clean)] if all(side.found.clean_known for side in sides) else []
    return _answers(sides, [*kinds, (words.MAP_ATTACKED, "attacked", attacked)])


def _answers(sides: Sides, kinds: Sequence[tuple[str, str, Answer]]) -> str:
    """One list of bars for each kind of answer, both sides in it; where other classes are asked for, or another is to
    be answered, one for each side."""
    apart = why_apart(sides)
    if not apart:
        answers = [(title, [(side, kind, answer(side.found)) for side in sides]) for title, kind, answer in kinds]
        return beside([_together(title, named) for title, named in answers])
    lists = [
        section(side.name, _alone(side, [(title, kind, answer(side.found)) for title, kind, answer in kinds]))
        for side in sides
    ]
    return remark(apart) + beside(lists)


def _alone(side: Side, named: Sequence[tuple[str, str, engine.Prediction]]) -> str:
    return prediction_bars(named, COUNT, *_asked(side), cosines=side.found.with_cosines)


def _together(title: str, named: Named) -> str:
    return section(title, bars(named), text.COMPARE_SAME_ANSWER if _equal(named) else "")


def bars(named: Named) -> str:
    """One list of bars over the same classes, a bar for each side, or one for both where their answers are equal.

    The class to be answered, the same on both, is marked.
    """
    last, kind, answer = named[-1]
    cosines = all(side.found.with_cosines for side, _, _ in named)
    if _equal(named):
        return prediction_bars([(text.COMPARE_BOTH, kind, answer)], COUNT, *_asked(last), cosines=cosines)
    sides = [(side.name, f"{kind} {side.kind}", one) for side, kind, one in named]
    return prediction_bars(sides, COUNT, *_asked(last), cosines=cosines)


def _equal(named: Named) -> bool:
    """Whether there are two sides whose answers are equal."""
    return len(named) > 1 and torch.equal(named[0][2].logits, named[-1][2].logits)


def _asked(side: Side) -> tuple[int | None, bool | None]:
    return side.found.reference, side.found.given
