"""A sweep while it is computed: the stories that it lacks, one after the other."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import engine
from app.models import Models
from app.present import present
from app.state.found import find
from app.state.parts import Account, Question
from app.state.visitors import Visitor
from app.sweep import Sweep

PARTS = ("clean", "adversarial", "defences")  # of the story of one point


def begun(base: Question, settings: engine.Settings, seeds: int) -> Sweep:
    """The sweep without points that asks what `base` does, with these settings."""
    recipe = base.story.recipe
    first = next(engine.story.stories(settings, 1))
    asked = engine.story.Story(base.story.backbone, replace(recipe, settings=first))
    key = " ".join(asked.key(engine.story.Defended(name)) for name in settings.defences)
    total = len(list(engine.story.stories(settings, seeds)))
    given = recipe.label is not None
    return Sweep(key, recipe.picture.digest, base.story.backbone.fingerprint, settings, given, total)


def points(models: Models, base: Question, sweep: Sweep, seeds: int, account: Account) -> Generator[Sweep]:
    """A longer sweep after each point that it lacks."""
    for settings in engine.story.stories(sweep.settings, seeds):
        if sweep.has(settings.attack.epsilon, settings.attack.seed):
            continue
        question = account.question(base.story.backbone, replace(base.story.recipe, settings=settings))
        models.compute(question, *PARTS)
        found = find(question, Visitor(asked=frozenset(PARTS)))
        point = engine.story.swept(settings, found.defences, present(found.reference))
        sweep = replace(sweep, points=(*sweep.points, point), strange=found.strange)
        yield sweep
