"""The whole story of one picture as a stream: look, attack, map, make views, tune, weigh, compare."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from torch import Tensor

from ..attacks.run import result_of
from ..classes import Classes
from ..defences.defend import defend
from ..defences.ensemble import fuse
from ..defences.tuning import tune
from ..maps.attend import attend
from ..models import Backbone
from ..models.predict import predict
from ..results import Adversarial, AttackStep, Event
from ..settings import Settings
from ..views.guided import make_views
from .attack import attack


def explore(
    backbone: Backbone,
    pixels: Tensor,
    classes: Classes,
    settings: Settings,
    label: int | None = None,
    about: int | None = None,
    against: int | None = None,
) -> Iterator[Event]:
    """Every stage for pixels (3, s, s) in [0, 1]: `clean`, `attack-step`*, `attacked`, `map-clean`, `map-attacked`,
    `views`, `tune-step`*, `ensemble`, `defence`*.

    The attack is about `label`, or the clean answer without one, and so are the maps, unless they are to be about the
    class `about`; with `against` they show what speaks for theirs rather than for that one. All stages after the attack
    work on the 8-bit picture `Adversarial.saved`; with epsilon 0 that is the clean one.
    Raises `EngineError` as the verbs of the stages do.
    """
    yield Event("clean", predict(backbone, pixels, classes))
    adversarial = yield from _attacked(attack(backbone, pixels, classes, settings.attack, label))
    about = adversarial.label if about is None else about
    for name, picture in (("map-clean", adversarial.clean), ("map-attacked", adversarial.saved)):
        yield Event(name, attend(backbone, picture, classes, settings.attention, about, against))
    views = make_views(backbone, adversarial.saved, classes, settings.views)
    yield Event("views", views)
    for step in tune(backbone, views, classes, settings.tuning):
        yield Event("tune-step", step)
    yield Event("ensemble", fuse(views, step, settings.ensemble))
    for defence in defend(backbone, adversarial.saved, classes, settings, [views]):
        yield Event("defence", defence)


def _attacked(stream: Iterator[AttackStep | Adversarial]) -> Generator[Event, None, Adversarial]:
    """The events of an attack; returns its result."""
    for item in stream:
        yield Event("attack-step" if isinstance(item, AttackStep) else "attacked", item)
    return result_of([item])
