"""How the cost of a defended picture grows with the number of views, with the classes and with the resolution."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..models import Backbone
from .machine import settle
from .resized import resized
from .schedules import SCHEDULES
from .speed import defended
from .subjects import made_up_classes, picture

VIEWS = (8, 16, 32, 64, 128)
CLASSES = (10, 30, 100, 300, 1000)
SIDES = (5, 10, 14, 20, 28)  # patches along a side of the picture
USUAL_VIEWS, USUAL_CLASSES = 64, 40  # where they are not varied
RUNS = 2  # the first also warms up; the faster counts

Case = tuple[int, tuple[Backbone, int, int]]  # the value drawn, and model, classes and views at it


@dataclass(frozen=True, slots=True)
class Series:
    """Seconds of a picture under each key of `SCHEDULES`, by our defences, at each value of what is `varied`, with as
    many views and classes where these are not."""

    varied: str
    values: tuple[int, ...]
    seconds: dict[str, tuple[float, ...]]
    views: int = USUAL_VIEWS
    classes: int = USUAL_CLASSES


def growth(backbone: Backbone) -> Iterator[Series]:
    """Of the number of views, of classes and, for a backbone of kind "vit", of pixels along a side of the picture."""
    yield _series("views", [(count, (backbone, USUAL_CLASSES, count)) for count in VIEWS])
    yield _series("classes", [(count, (backbone, count, USUAL_VIEWS)) for count in CLASSES])
    if backbone.kind == "vit":
        models = (resized(backbone, side) for side in SIDES)
        yield _series("pixels a side", ((model.image_size, (model, USUAL_CLASSES, USUAL_VIEWS)) for model in models))


def _series(varied: str, cases: Iterable[Case]) -> Series:
    found = {value: [_seconds(name, *case) for name in SCHEDULES] for value, case in cases}
    columns = zip(*found.values(), strict=True)
    return Series(varied, tuple(found), dict(zip(SCHEDULES, columns, strict=True)))


def _seconds(name: str, backbone: Backbone, classes: int, views: int) -> float:
    pixels, asked = picture(backbone), made_up_classes(backbone, classes)
    taken = []
    for _ in range(RUNS):
        started = time.perf_counter()
        defended(backbone, pixels, asked, name, views)
        settle(backbone.device)
        taken.append(time.perf_counter() - started)
    return min(taken)
