"""How often the built-in model takes a fresh painting for one, and refuses what is none, by where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from ...evaluation.statistics import wilson
from ...models import Backbone
from ...results import Familiarity
from .painted import FORMS, painted
from .sources import TESTING

SERIES, STEPS = 52, 20


@dataclass(frozen=True, slots=True)
class Rate:
    """Of `pictures` of a source, of which those `ours` are paintings, so many were taken for what they are (`hits`)."""

    source: str
    ours: bool
    pictures: int
    hits: int

    @property
    def interval(self) -> list[float]:
        """The 95 % Wilson interval of the share of hits."""
        return wilson(self.hits, self.pictures)


def rates(backbone: Backbone, pictures: int) -> Iterator[int | Rate]:
    """The rate of each form of so many paintings and of each source of `TESTING`, and last that of all these sources;
    before them how many paintings have been attacked. The model must have a measure."""
    found: dict[str, list[Familiarity]] = {form: [] for form in FORMS}
    for batch in painted(backbone, pictures, SERIES, STEPS):
        for form, pixels in batch.items():
            found[form] += _familiarities(backbone, pixels)
        yield len(found[FORMS[0]])
    for form, ours in found.items():
        yield Rate(form, True, len(ours), sum(one.accepted for one in ours))
    total = Rate("all that are no paintings", False, 0, 0)
    for source, make in TESTING.items():
        others = _familiarities(backbone, torch.stack([backbone.prepare(image) for image in make()]))
        rate = Rate(source, False, len(others), sum(not one.accepted for one in others))
        total = Rate(total.source, False, total.pictures + rate.pictures, total.hits + rate.hits)
        yield rate
    yield total


def _familiarities(backbone: Backbone, pixels: torch.Tensor) -> list[Familiarity]:
    """Of pixels (b, 3, s, s), each as `Backbone.knows` has it."""
    found = [backbone.knows(picture) for picture in pixels]
    return [one for one in found if one is not None]
