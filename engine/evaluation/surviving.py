"""Attacks of an evaluation behind what happens to pictures: the model's own answers, clean beside attacked."""

from __future__ import annotations

from ..datasets.base import Question
from ..models import Backbone
from ..settings import Settings
from ..story.graph import Story
from ..story.recipe import Picture, Recipe
from ..story.requests import Survives

AS_IT_IS = "none"


def survival_record(
    backbone: Backbone, question: Question, clean: Picture, attacked: Picture, settings: Settings
) -> dict[str, list[bool]]:
    """By change, and first as it is: whether the model answers the clean picture and the attacked one right."""
    recipe = Recipe(clean, question.classes, question.label, settings, attacked)
    found = Story(backbone, recipe).result(Survives())
    pairs = {row.name or AS_IT_IS: (row.clean, row.attacked) for row in found.rows}
    return {
        name: [answer is not None and answer.label == question.label for answer in pair] for name, pair in pairs.items()
    }
