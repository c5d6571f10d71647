"""How long each verb of the engine takes on this machine, how many operations it is, and how much memory it needs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count

from torch import Tensor

from ..classes import Classes
from ..defences.defend import defend
from ..defences.tuning import tune
from ..maps.attend import attend
from ..maps.registry import maps_for
from ..models import BUILT_IN, Backbone
from ..models.predict import predict
from ..results import ViewSet
from ..settings import AttackSettings, AttentionSettings, Settings, TuneSettings, ViewSettings
from ..story.attack import attack
from ..story.explore import explore
from ..views.guided import make_views
from .machine import forget_peak, peak_memory_gb, settle
from .operations import operations
from .schedules import SCHEDULES
from .subjects import in_another_order

WARM_UP = 1  # runs that are not timed, before those that are
MEMORY_LIMIT_GB = 2.5
MAPS_SHOWN = ("a-tpt", "rollout", "relevance", "grad-cam")
LIMITS = {  # seconds for two cores and the built-in model
    "PGD, 20 steps": 0.6,
    "four maps": 0.2,
    "64 views with maps": 1.0,
    "one tuning step": 0.02,
    "whole story": 2.2,
}
FIRST = ", first picture of a label set"


@dataclass(frozen=True, slots=True)
class Timing:
    """Median seconds of a stage, its operations and the most memory in GB meanwhile (None: not counted), and the
    project's limit for two cores and the built-in model (None: no limit)."""

    stage: str
    seconds: float
    limit: float | None = None
    operations: int | None = None
    memory_gb: float | None = None

    @property
    def verdict(self) -> str:
        """The limit and whether it was held; empty without a limit."""
        if self.limit is None:
            return ""
        return f"< {self.limit:g} s {'held' if self.seconds < self.limit else 'MISSED'}"

    @property
    def rate(self) -> float | None:
        """Operations a second; None where they were not counted."""
        return None if self.operations is None else self.operations / self.seconds


def stage_timings(backbone: Backbone, pixels: Tensor, classes: Classes, runs: int) -> Iterator[Timing]:
    """One `Timing` per stage, each over `runs` runs on one picture (3, s, s).

    A stage is repeated with the same classes, so it has what is kept of a label set; those of the name `FIRST` have a
    new one each time.
    """
    limits = LIMITS if backbone.name == BUILT_IN else {}
    for name, stage in _stages(backbone, pixels, classes):
        forget_peak(backbone.device)
        seconds = median_seconds(lambda work=stage: _finished(work, backbone), runs)
        memory = peak_memory_gb(backbone.device)
        counted = None if name == "whole story" else operations(stage)  # a story computes in a thread of its own
        yield Timing(name, seconds, limits.get(name), counted, memory)


def median_seconds(work: Callable[[], object], runs: int) -> float:
    """Median seconds of `runs` calls of `work`, after `WARM_UP` calls that are not counted."""
    seconds = []
    for index in range(WARM_UP + runs):
        started = time.perf_counter()
        work()
        if index >= WARM_UP:
            seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def defended(backbone: Backbone, pixels: Tensor, classes: Classes, name: str, views: int = 64) -> Tensor:
    """Logits (c,) of one defence for a picture, from the picture on."""
    wanted = replace(Settings(), defences=(name,), views=ViewSettings(count=views))
    (answer,) = defend(backbone, pixels, classes, wanted)
    return answer.prediction.logits


Stages = Iterator[tuple[str, Callable[[], object]]]


def _stages(backbone: Backbone, pixels: Tensor, classes: Classes) -> Stages:
    views: list[ViewSet] = []
    shown = [name for name in MAPS_SHOWN if name in maps_for(backbone)]

    def attention_views() -> None:
        views[:] = [make_views(backbone, pixels, classes, ViewSettings())]

    yield from _first_and_later("predict", lambda asked: predict(backbone, pixels, asked), classes)
    yield "PGD, 20 steps", lambda: list(attack(backbone, pixels, classes, AttackSettings()))
    maps = "four maps" if len(shown) == len(MAPS_SHOWN) else f"maps: {', '.join(shown)}"
    yield maps, lambda: [attend(backbone, pixels, classes, AttentionSettings(name)) for name in shown]
    yield "64 views with maps", attention_views
    yield "one tuning step", lambda: list(tune(backbone, views[0], classes, TuneSettings()))
    yield "whole story", lambda: list(explore(backbone, pixels, classes, Settings()))
    for name in SCHEDULES:
        yield from _first_and_later(name, lambda asked, name=name: defended(backbone, pixels, asked, name), classes)


def _first_and_later(name: str, ask: Callable[[Classes], object], classes: Classes) -> Stages:
    turns = count(1)
    yield name + FIRST, lambda: ask(in_another_order(classes, next(turns)))
    yield name, lambda: ask(classes)


def _finished(work: Callable[[], object], backbone: Backbone) -> None:
    work()
    settle(backbone.device)
