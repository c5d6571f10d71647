"""Where the plane of three sentences lies in a drawing: points, and the regions in which each sentence fits best."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

import engine
from app.figures.labels import Point

EDGE = 26  # that the points keep from the drawing's


class Frame:
    """From places on the plane to a drawing of that many units, with one scale for both directions."""

    def __init__(self, placed: engine.story.Places, width: float, height: float) -> None:
        ends = torch.stack([torch.zeros(2), *placed.marks.values()])
        points = torch.cat([placed.tuned, placed.untuned, placed.path, ends])
        low, high = points.min(0).values, points.max(0).values
        span = (high - low).clamp_min(1e-6)
        self._scale = float(min((width - 2 * EDGE) / span[0], (height - 2 * EDGE) / span[1]))
        self._middle, self._tips = (low + high) / 2, placed.plane.tips
        self._width, self._height = width, height

    def at(self, place: Tensor) -> Point:
        """Where a place (2,) is drawn."""
        x, y = ((place - self._middle) * self._scale).tolist()
        return self._width / 2 + x, self._height / 2 - y

    def regions(self) -> list[Sequence[Point]]:
        """The corners of the region of each of the three sentences; none of one that lies outside."""
        return [self._region(place) for place in range(3)]

    def _region(self, place: int) -> Sequence[Point]:
        corners: Sequence[Point] = ((0, 0), (self._width, 0), (self._width, self._height), (0, self._height))
        for other in range(3):
            if other != place:
                corners = self._cut(corners, self._tips[place] - self._tips[other])
        return corners

    def _cut(self, corners: Sequence[Point], towards: Tensor) -> list[Point]:
        """What is left of a polygon where the plane's places have a positive product with `towards`."""
        left, top = self.at(torch.zeros(2))
        a, b = towards.tolist()
        side = [(x - left) * a - (y - top) * b for x, y in corners]
        kept: list[Point] = []
        for place, (x, y) in enumerate(corners):
            here, (u, v), there = side[place], corners[place - 1], side[place - 1]
            if (here < 0) != (there < 0):
                share = there / (there - here)
                kept.append((u + share * (x - u), v + share * (y - v)))
            if here >= 0:
                kept.append((x, y))
        return kept
