"""How flowers and mushrooms are built: patches in specimen units (about 1 x 1 about the origin, y down)."""

import numpy as np

from .canvas import Colour, Patch, mix
from .geometry import crescent, curve, ellipse, ribbon, smooth, turned
from .parts import INK, LIGHT, coated, edge_of, toned
from .patterns import Coat, Mark, marks
from .specimens import COLOURS, Specimen

_LEAF: Colour = (104, 156, 78)
_CREAM: Colour = (234, 216, 182)
_HEART_X, _HEART_Y = 0.0, -0.13
_FLOWER_HEART = np.array((_HEART_X, _HEART_Y))


def flower(specimen: Specimen, rng: np.random.Generator) -> list[Patch]:
    """Seen from the front: a stem with leaves, petals that carry the pattern, a dotted centre."""
    count = int(rng.integers(5, 9))
    lean, start = rng.uniform(-0.08, 0.08), rng.uniform(0, 6.28)
    stem = curve([_FLOWER_HEART, (lean, 0.2), (-0.02, 0.52)])
    leaf = smooth([(0.0, 0.42), (0.08, 0.3), (0.22, 0.26), (0.18, 0.37), (0.08, 0.43)])
    vein = [(ribbon(np.array([(0.0, 0.42), (0.2, 0.28)]), 0.012), edge_of(_LEAF), 0.7)]
    patches = [
        toned("stem", ribbon(stem, 0.035, 0.045), _LEAF),
        toned("leaves", leaf, _LEAF, glazes=vein),
        toned("leaves", leaf * (-0.9, 0.86) + (0, 0.1), _LEAF),
    ]
    angles = start + np.arange(count) * (2 * np.pi / count)
    placed = _petal_marks(specimen, angles, rng)
    half = min(0.13, 0.62 / count)
    petal = smooth(
        [
            (0.06, -0.35 * half),
            (0.2, -half),
            (0.31, -0.95 * half),
            (0.37, 0),
            (0.31, 0.95 * half),
            (0.2, half),
            (0.06, 0.35 * half),
        ]
    )
    colour = COLOURS[specimen.colour]
    for angle, petal_marks in zip(angles, placed, strict=True):
        crease = (ribbon(np.array([(0.1, 0.0), (0.24, 0.0)]), 0.014, 0.004), edge_of(colour), 0.5)
        shade = (ellipse(0.1, 0, 0.07, half), INK, 0.12)
        glazes = [(_at_heart(points, angle), tone, opacity) for points, tone, opacity in (crease, shade)]
        patches.append(coated("petals", _at_heart(petal, angle), specimen, petal_marks, glazes))
    return patches + _flower_centre(COLOURS[specimen.part])


def _at_heart(points: np.ndarray, angle: float) -> np.ndarray:
    return turned(points, angle) + _FLOWER_HEART


def _petal_marks(specimen: Specimen, angles: np.ndarray, rng: np.random.Generator) -> list[list[Mark]]:
    """One list of marks per petal: each petal has its own, but the band is one circle through all of them."""
    if specimen.pattern == "banded":
        inner, outer = 0.185, rng.uniform(0.275, 0.29)
        disc = [(ellipse(_HEART_X, _HEART_Y, outer, outer), True), (ellipse(_HEART_X, _HEART_Y, inner, inner), False)]
        return [disc] * len(angles)
    along = specimen.pattern == "striped"
    coat = Coat(0.23, 0, 0.26 if along else 0.3, 0.3, np.pi / 2 if along else 0.0, ((0.035, 0),), 0.07, 5)
    return [
        [(_at_heart(points, angle), accent) for points, accent in marks(specimen.pattern, coat, rng)]
        for angle in angles
    ]


def _flower_centre(colour: Colour) -> list[Patch]:
    heart = ellipse(_HEART_X, _HEART_Y, 0.115, 0.115)
    seeds = []
    for index in range(9):  # a sunflower's spiral
        radius, angle = 0.09 * np.sqrt((index + 0.5) / 9), 2.39996 * index
        seeds.append(
            (
                ellipse(radius * np.cos(angle), radius * np.sin(angle) - 0.13, 0.011, 0.011, points=10),
                edge_of(colour),
                0.45,
            )
        )
    shine = (ellipse(-0.035, -0.175, 0.04, 0.02, -0.5), LIGHT, 0.35)
    return [toned("centre", heart, colour, 0.016, [*seeds, shine])]


def mushroom(specimen: Specimen, rng: np.random.Generator) -> list[Patch]:
    """Seen from the side: a stem with a ring, gills, and a cap that carries the pattern."""
    tall, wide = rng.uniform(0.92, 1.08), rng.uniform(0.92, 1.08)
    part = COLOURS[specimen.part]
    stem = smooth(
        [(-0.09, -0.02), (-0.1, 0.2), (-0.14, 0.4), (-0.06, 0.46), (0.06, 0.46), (0.14, 0.4), (0.1, 0.2), (0.09, -0.02)]
    )
    grain = [(ribbon(np.array([(x, 0.1), (x * 1.25, 0.42)]), 0.01), edge_of(_CREAM), 0.4) for x in (-0.05, 0.01, 0.06)]
    grain.append((ellipse(0.1, 0.25, 0.05, 0.3), INK, 0.12))
    gills = ellipse(0, 0.0, 0.4 * wide, 0.075)
    folds = [
        (ribbon(np.array([(x * 0.3, -0.05), (x, 0.09)]), 0.01), edge_of(_CREAM), 0.5)
        for x in np.linspace(-0.4, 0.4, 13)
    ]
    cap = smooth(
        [
            (-0.46, -0.02),
            (-0.4, -0.2),
            (-0.22, -0.38),
            (0, -0.44),
            (0.22, -0.38),
            (0.4, -0.2),
            (0.46, -0.02),
            (0.3, -0.01),
            (0, -0.035),
            (-0.3, -0.01),
        ]
    ) * (wide, tall)
    band = specimen.pattern == "banded"
    coat = Coat(
        0,
        -0.2,
        0.52 if band else 0.96,
        1.1 if band else 0.54,
        np.pi / 2 if band else 0.0,
        ((-0.22, 0.03), (0.02, -0.09), (0.22, 0.05)),
        0.095,
        8,
    )
    glazes = [
        (crescent(cap, 0.0, -0.05), INK, 0.15),
        (ellipse(-0.2, -0.29 * tall, 0.1, 0.03, -0.6), LIGHT, 0.42),
    ]
    skirt = smooth(
        [
            (-0.1, 0.09),
            (0.0, 0.11),
            (0.1, 0.09),
            (0.18, 0.205),
            (0.12, 0.25),
            (0.06, 0.235),
            (0, 0.265),
            (-0.06, 0.235),
            (-0.12, 0.25),
            (-0.18, 0.205),
        ],
        5,
    )
    pleats = [(ribbon(np.array([(x * 0.6, 0.13), (x, 0.235)]), 0.01), edge_of(part), 0.4) for x in (-0.08, 0.0, 0.08)]
    return [
        toned("stem", stem, _CREAM, glazes=grain),
        toned("gills", gills, mix(_CREAM, INK, 0.1), glazes=folds),
        coated("cap", cap, specimen, marks(specimen.pattern, coat, rng), glazes),
        toned("ring", skirt, part, glazes=pleats),
    ]
