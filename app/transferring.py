"""Whom an attack fools while it is computed: an attack on one model after the other, each answered by all."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace

import engine
from app.models import Models
from app.state.found import find
from app.state.parts import Question
from app.state.visitors import Visitor
from app.transfers import Transfers

PARTS = ("clean", "adversarial")


def begun(questions: Sequence[Question]) -> Transfers:
    """What has no rows yet: the attack of the first question is the visitor's, the others have the same on theirs."""
    names = tuple(question.story.backbone.name for question in questions)
    return Transfers(names, questions[0].story.recipe.label is not None)


def rows(models: Models, questions: Sequence[Question], transfers: Transfers) -> Generator[tuple[Transfers, float]]:
    """What there is so far, and which share of all is through: after steps of an attack and after each row."""
    for place, question in enumerate(questions):
        with closing(models.run(question, PARTS)) as run:
            for name in PARTS:
                for _, item in run.part(name):
                    if isinstance(item, engine.AttackStep):
                        yield transfers, (place + 0.8 * item.index / item.total) / len(questions)
        found = find(question, Visitor(asked=frozenset(PARTS)))
        row = answered(models, question, [one.story.backbone for one in questions if one is not question])
        strange = (*transfers.strange, *((question.story.backbone.name,) if found.strange else ()))
        made = transfers.made or found.made["adversarial"]
        transfers = replace(transfers, rows=(*transfers.rows, row), strange=strange, made=made)
        yield transfers, (place + 1) / len(questions)


def answered(models: Models, question: Question, others: Sequence[engine.Backbone]) -> engine.story.Transfer:
    """Whom the attack of a question fools, once it is computed: its own model, and the others."""
    if question.story.result(engine.story.Attack()).per_channel:
        models.result(question, engine.story.Control())
    answers = []
    for other in others:
        story, request = engine.story.handed_on(question.story, other)
        answers.append((other, models.result(replace(question, story=story), request)))
    return engine.story.transferred(question.story, answers)
