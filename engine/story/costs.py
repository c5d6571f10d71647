"""What a story still has to compute, and what that costs."""

from __future__ import annotations

from .graph import Story
from .requests import Request


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
