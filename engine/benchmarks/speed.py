"""How long each verb of the engine takes on this machine, and how much memory it needs."""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PIL import Image
from torch import Tensor

from ..classes import Classes
from ..defences.tuning import tune
from ..fieldguide.world.questions import make_question
from ..maps.attend import attend
from ..models import Backbone
from ..models.predict import predict
from ..results import ViewSet
from ..settings import AttackSettings, AttentionSettings, Settings, TuneSettings, ViewSettings
from ..story.attack import attack
from ..story.explore import explore
from ..views.guided import make_views

WARM_UP = 1  # runs that are not timed, before those that are
MEMORY_LIMIT_GB = 2.5


@dataclass(frozen=True, slots=True)
class Timing:
    """Median seconds of a stage, and the project's limit for two cores and the built-in model (None: no limit)."""

    stage: str
    seconds: float
    limit: float | None

    @property
    def verdict(self) -> str:
        """The limit and whether it was held; empty without a limit."""
        if self.limit is None:
            return ""
        return f"< {self.limit:g} s {'held' if self.seconds < self.limit else 'MISSED'}"


def stage_timings(backbone: Backbone, runs: int) -> Iterator[Timing]:
    """One `Timing` per stage, each over `runs` runs on one painted picture with 40 classes."""
    pixels, classes = _question(backbone)
    views: list[ViewSet] = []

    def attention_views() -> None:
        views[:] = [make_views(backbone, pixels, classes, ViewSettings())]

    stages: list[tuple[str, Callable[[], object], float | None]] = [
        ("predict", lambda: predict(backbone, pixels, classes), None),
        ("PGD, 20 steps", lambda: list(attack(backbone, pixels, classes, AttackSettings())), 6),
        ("one map", lambda: attend(backbone, pixels, classes, AttentionSettings()), None),
        ("64 views with maps", attention_views, 6),
        ("one tuning step", lambda: list(tune(backbone, views[0], classes, TuneSettings())), 1),
        ("whole story", lambda: list(explore(backbone, pixels, classes, Settings())), 25),
    ]
    for name, stage, limit in stages:
        yield Timing(name, median_seconds(stage, runs), limit)


def median_seconds(work: Callable[[], object], runs: int) -> float:
    """Median seconds of `runs` calls of `work`, after `WARM_UP` calls that are not counted."""
    seconds = []
    for index in range(WARM_UP + runs):
        started = time.perf_counter()
        work()
        if index >= WARM_UP:
            seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def peak_memory_gb() -> float:
    """Largest resident set of this process so far, in GB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def _question(backbone: Backbone) -> tuple[Tensor, Classes]:
    question = make_question(seed=0, index=0)
    return backbone.prepare(Image.fromarray(question.painting.pixels)), question.classes
