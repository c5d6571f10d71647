"""Marks of a coat: polygons in a coat's own frame, to be clipped to it by whoever paints."""

from dataclasses import dataclass

import numpy as np

from .geometry import ellipse, ribbon, turned

Mark = tuple[np.ndarray, bool]  # a polygon, and whether it takes the accent (True) or the coat's colour again


@dataclass(frozen=True, eq=False, slots=True)
class Coat:
    """The rectangle that a coat's marks fill: its middle, its size, its turn, and where rings look best.

    Stripes and the band run along the rectangle's y axis and follow each other along its x axis.
    """

    x: float
    y: float
    width: float
    height: float
    turn: float = 0.0
    rings: tuple[tuple[float, float], ...] = ((0.0, 0.0),)
    ring_radius: float = 0.1
    stripes: int = 6
    band: float = 0.0  # where the band's middle lies on the x axis


def marks(pattern: str, coat: Coat, rng: np.random.Generator) -> list[Mark]:
    """The marks of a named pattern in the coordinates of the coat's specimen; plain has none."""
    placed = _PATTERNS[pattern](coat, rng)
    return [(turned(points, coat.turn) + (coat.x, coat.y), accent) for points, accent in placed]


def _plain(coat: Coat, rng: np.random.Generator) -> list[Mark]:
    return []


def _striped(coat: Coat, rng: np.random.Generator) -> list[Mark]:
    pitch = coat.width / coat.stripes
    phase, sway = rng.uniform(0, 6.28), rng.uniform(0.05, 0.2) * pitch
    y = np.linspace(-0.6, 0.6, 9) * coat.height
    start = -coat.width / 2 + pitch * rng.uniform(0.3, 0.7)
    stripes = []
    for index in range(coat.stripes):
        x = start + index * pitch + sway * np.sin(phase + 5 * y / coat.height + index)
        stripes.append((ribbon(np.stack([x, y], 1), pitch * 0.46), True))
    return stripes


def _banded(coat: Coat, rng: np.random.Generator) -> list[Mark]:
    y = np.linspace(-0.6, 0.6, 9) * coat.height
    bow = rng.uniform(-0.05, 0.05) * coat.width
    x = coat.band + rng.uniform(-0.03, 0.03) * coat.width + bow * (2 * y / coat.height) ** 2
    return [(ribbon(np.stack([x, y], 1), coat.width * rng.uniform(0.28, 0.34)), True)]


def _spotted(coat: Coat, rng: np.random.Generator) -> list[Mark]:
    radius = rng.uniform(0.040, 0.046)
    pitch = radius * 3.0
    shift = rng.uniform(0, 1, 2) * pitch
    spots = []
    for row in range(-8, 9):
        for column in range(-8, 9):
            x = (column + 0.5 * (row % 2)) * pitch + shift[0] - pitch / 2
            y = row * pitch * 0.87 + shift[1] - pitch / 2
            if abs(x) < coat.width / 2 + radius and abs(y) < coat.height / 2 + radius:
                spots.append((ellipse(x, y, radius, radius, points=20), True))
    return spots


def _speckled(coat: Coat, rng: np.random.Generator) -> list[Mark]:
    count = round(coat.width * coat.height * 340)
    xs, ys = rng.uniform(-0.5, 0.5, (2, count)) * ((coat.width,), (coat.height,))
    radii = rng.uniform(0.010, 0.019, (count, 2))
    turns = rng.uniform(0, 3.14, count)
    flecks = zip(xs, ys, radii, turns, strict=True)
    return [(ellipse(x, y, a, b, turn, points=7), True) for x, y, (a, b), turn in flecks]


def _ringed(coat: Coat, rng: np.random.Generator) -> list[Mark]:
    rings = []
    for x, y in coat.rings:
        radius = coat.ring_radius * rng.uniform(0.94, 1.06)
        for share, accent in ((1.0, True), (0.64, False), (0.32, True)):
            rings.append((ellipse(x, y, radius * share, radius * share, points=32), accent))
    return rings


_PATTERNS = {
    "plain": _plain,
    "striped": _striped,
    "spotted": _spotted,
    "banded": _banded,
    "speckled": _speckled,
    "ringed": _ringed,
}
