"""The whole story of one picture as a stream: look, attack, map, make views, tune, weigh, compare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor

from ..classes import Classes
from ..errors import EngineError
from ..models import Backbone
from ..results import AttackStep, Event
from ..settings import Settings
from .graph import Story
from .recipe import ATTACKED, CLEAN, LABEL, Picture, Recipe
from .requests import Attack, Clean, Defended, Map, Request, Tune, Views, Weighted


def explore(
    backbone: Backbone,
    pixels: Tensor | None,
    classes: Classes,
    settings: Settings,
    label: int | None = None,
    about: int | None = None,
    against: int | None = None,
    attacked: Tensor | None = None,
) -> Iterator[Event]:
    """Every stage for pixels (3, s, s) in [0, 1]: `clean`, `attack-step`*, `attacked`, `map-clean`, `map-attacked`,
    `views`, `tune-step`*, `ensemble`, `defence`*.

    The attack is about `label`, or the clean answer without one, and so are the maps, unless they are to be about the
    class `about`; with `against` they show what speaks for theirs rather than for that one. All stages after the attack
    work on the 8-bit picture `Adversarial.saved`; with epsilon 0 that is the clean one.
    With the pixels `attacked`, which somebody attacked elsewhere, nothing is attacked here; `pixels` are then what
    these were made of, or None where that is not known: there is no `clean` and no `map-clean` of it.
    Raises `EngineError` as the verbs of the stages do, and without any pixels.
    """
    given = None if attacked is None else Picture(attacked)
    clean = given if pixels is None else Picture(pixels)
    if clean is None:
        raise EngineError("Expected the pixels of a clean or of an attacked picture; got none.")
    story = Story(backbone, Recipe(clean, classes, label, settings, given))
    for request in whole(settings, about, against, pixels is not None):
        for asked, item in story.ask(request):
            if asked == request:
                yield Event(event_name(request, item), item.step if isinstance(request, Tune) else item)


def whole(
    settings: Settings, about: int | None = None, against: int | None = None, clean_known: bool = True
) -> Iterator[Request]:
    """The requests of a whole story, in its order."""
    if clean_known:
        yield Clean()
    yield Attack()
    for picture in (CLEAN, ATTACKED) if clean_known else (ATTACKED,):
        yield Map(picture, about=LABEL if about is None else about, against=against)
    yield Views()
    yield from (Tune(step) for step in range(settings.tuning.steps + 1))
    yield Weighted()
    yield from (Defended(name) for name in settings.defences)


def event_name(request: Request, item: Any) -> str:
    """What an item of a story is called: the name of its `Event`."""
    if isinstance(request, Attack):
        return "attack-step" if isinstance(item, AttackStep) else "attacked"
    if isinstance(request, Map):
        return f"map-{request.picture}"
    return NAMES[type(request)]


NAMES: dict[type[Request], str] = {
    Clean: "clean",
    Views: "views",
    Tune: "tune-step",
    Weighted: "ensemble",
    Defended: "defence",
}
