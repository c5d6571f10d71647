"""The literal schedules of TPT, R-TPT and A-TPT, timed and counted: what ours are set beside."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ..classes import Classes
from ..models import Backbone
from .literal import Passes, sentences
from .operations import literal_operations
from .schedules import SCHEDULES, draw

LONGEST = 77  # tokens that CLIP reads
CUT = {"r-tpt": 40, "a-tpt": 40}  # tokens that the released codes of these read


@dataclass(frozen=True, slots=True)
class LiteralCost:
    """Seconds of one run of a schedule (None: not run), with sentences of `length` tokens, and its operations."""

    defence: str
    length: int
    seconds: float | None
    operations: int

    @property
    def rate(self) -> float | None:
        """Operations a second; None where it was not run."""
        return None if self.seconds is None else self.operations / self.seconds


def literal_costs(
    backbone: Backbone, pixels: Tensor, classes: Classes, timed: Collection[str], views: int = 64
) -> Iterator[LiteralCost]:
    """Of each key of `SCHEDULES`, with sentences as long as the model reads and as its released code cuts them, for one
    picture (3, s, s). Only those `timed` are carried out, once each."""
    whole = min(LONGEST, backbone.text.context_length or LONGEST)
    for name in SCHEDULES:
        for length in sorted({whole, min(whole, CUT.get(name, whole))}, reverse=True):
            passes = Passes(backbone, sentences(backbone, classes, length))
            counted = literal_operations(name, passes, draw(backbone, pixels, classes, views))
            seconds = _seconds(name, passes, pixels, classes, views) if name in timed else None
            yield LiteralCost(name, length, seconds, counted)


def _seconds(name: str, passes: Passes, pixels: Tensor, classes: Classes, views: int) -> float:
    started = time.perf_counter()
    with torch.no_grad():
        SCHEDULES[name](passes, draw(passes.backbone, pixels, classes, views)).cpu()
    return time.perf_counter() - started
