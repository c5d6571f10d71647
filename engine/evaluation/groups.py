"""Neighbouring pictures answered together, attacked as one batch.

The last digits of what a batch gives depend on its size and may depend on a picture's place in it, but not on what lies
beside it. So a batch always has as many places as the plan says, and every picture has its own, whatever is kept
already or cannot be read: where a picture is missing, another one stands in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from ..datasets.base import Question
from ..models import Backbone
from ..results import Adversarial
from ..story.graph import Story
from ..story.recipe import Picture
from ..story.together import attacked_together
from .plan import Plan
from .records import Answered, answer_question, attack_story
from .store import kept


def answer_together(
    backbone: Backbone,
    asked: Mapping[int, Question],
    plan: Plan,
    cache: Path | None = None,
    others: Sequence[Backbone] = (),
) -> dict[int, Answered]:
    """The answers to the questions of one group by index, as `answer_question` gives them, in the same order."""
    made = _attacked(backbone, asked, plan, cache)
    return {
        index: answer_question(backbone, question, index, plan, cache, made=made[index], others=others)
        for index, question in asked.items()
    }


def _attacked(
    backbone: Backbone, asked: Mapping[int, Question], plan: Plan, cache: Path | None
) -> dict[int, dict[str, Adversarial]]:
    """What attacks that go in batches make of each picture, by arm; what is kept is left out."""
    clean = {
        index: Picture(backbone.prepare(question.image, plan.settings.picture)) for index, question in asked.items()
    }
    made: dict[int, dict[str, Adversarial]] = {index: {} for index in asked}
    for wanted in plan.attacked:
        batch = plan.batch_of(wanted.attack)
        if batch == 1:
            continue
        stories = {i: attack_story(backbone, asked[i], clean[i], i, wanted, plan) for i in asked}
        missing = [i for i in asked if kept(stories[i], asked[i], cache, batch) is None]
        missing.sort(key=lambda i: len(asked[i].classes))
        for _, alike in groupby(missing, lambda i: len(asked[i].classes)):
            for index, found in _in_one_batch(backbone, {i: stories[i] for i in alike}, batch).items():
                made[index][wanted.name] = found
    return made


def _in_one_batch(backbone: Backbone, stories: Mapping[int, Story], batch: int) -> dict[int, Adversarial]:
    """What stories with equally many classes, each at its place among `batch`, make of their pictures."""
    first, *_ = stories.values()
    by_place = {index % batch: story for index, story in stories.items()}
    found = attacked_together([by_place.get(place, first) for place in range(batch)])
    return {i: replace(found[i % batch], seconds=found[i % batch].seconds / len(stories)) for i in stories}
