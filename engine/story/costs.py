"""What a story still has to compute, what that costs, and charging it to the story's owner."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import partial

from ..settings import KEY, Settings, number_text
from .budget import Budget
from .graph import Story
from .requests import Request

REDUCED = (("attack", "steps", "attack steps"), ("views", "count", "views"), ("tuning", "steps", "tuning steps"))


def missing(story: Story, *requests: Request) -> list[Request]:
    """What would be computed if these were asked for now: they and their needs, as far as no result is held.

    Each stands once, behind what it needs.
    """
    found: dict[str, Request] = {}

    def look(request: Request) -> None:
        key = story.key(request)
        if key in found or key in story.results:
            return
        for need in request.needs(story.recipe).values():
            look(need)
        found[key] = request

    for request in requests:
        look(request)
    return list(found.values())


def cost_of(story: Story, *requests: Request) -> float:
    """What these would cost together if they were asked for now, in the unit of `Passes.cost`.

    Raises `EngineError` as `Request.cost` does.
    """
    return sum(request.cost(story.backbone, story.recipe) for request in missing(story, *requests))


def charge(budget: Budget, story: Story, *requests: Request) -> None:
    """Charge what these would cost now to the story's owner.

    Raises `EngineError` where it does not fit, with the seconds until it will; where it never does, with the most
    attack steps, views or tuning steps with which it would.
    """
    budget.charge(story.owner, cost_of(story, *requests), partial(_what_fits, story, requests))


def _what_fits(story: Story, requests: tuple[Request, ...], most: float) -> str:
    """What to ask for instead, in words, where it takes no more than so many passes; each setting by itself."""
    for section, field, words in REDUCED:
        number = _largest(story, requests, section, field, most)
        if number is not None:
            return f"it would fit with at most {number_text(number)} {words}"
    return "ask for fewer results at once, or another attack or defence"


def _largest(story: Story, requests: tuple[Request, ...], section: str, field: str, most: float) -> int | None:
    """The largest value, below the settings' own, under which the requests take no more than so many passes."""
    chosen = getattr(story.recipe.settings, section)
    (known,) = (one.metadata[KEY] for one in fields(chosen) if one.name == field)

    def fits(number: int) -> bool:
        settings = replace(story.recipe.settings, **{section: replace(chosen, **{field: number})})
        return cost_of(_under(story, settings), *requests) <= most

    low, high = int(known.low), getattr(chosen, field)
    if low >= high or not fits(low):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _under(story: Story, settings: Settings) -> Story:
    """The same story under other settings."""
    return Story(story.backbone, replace(story.recipe, settings=settings), story.results, story.owner)
