"""How the animals are built: patches in specimen units (about 1 x 1 about the origin, y down), back to front."""

import numpy as np

from .canvas import Patch, mix
from .geometry import crescent, curve, ellipse, mirrored, ribbon, smooth, turned
from .parts import HORN, INK, LIGHT, coated, edge_of, eye, stroke, toned
from .patterns import Coat, marks
from .specimens import COLOURS, Specimen


def butterfly(specimen: Specimen, rng: np.random.Generator) -> list[Patch]:
    """Seen from above: four patterned wings, mirrored, about a body with feelers."""
    spread, drop = rng.uniform(0.94, 1.06), rng.uniform(0.9, 1.1)
    upper = smooth([(0.02, -0.1), (0.16, -0.33), (0.36, -0.43), (0.48, -0.36), (0.46, -0.18), (0.34, 0), (0.04, 0.04)])
    lower = smooth([(0.02, -0.04), (0.2, 0.0), (0.36, 0.08), (0.37, 0.22), (0.27, 0.36), (0.16, 0.34), (0.05, 0.16)])
    upper, lower = upper * (spread, 1), lower * (spread, drop)
    coat = Coat(0.25, -0.02, 0.62, 0.92, -0.5, ((0.155, -0.16), (-0.11, 0.185)), 0.098, 6, 0.02)
    placed = marks(specimen.pattern, coat, rng)
    vein = mix(COLOURS[specimen.colour], INK, 0.6)
    patches = []
    for side in (lambda points: points, mirrored):
        sided = [(side(points), accent) for points, accent in placed]
        for wing, tips in ((lower, ((0.3, 0.2), (0.2, 0.28))), (upper, ((0.4, -0.32), (0.4, -0.16)))):
            veins = [(side(ribbon(np.array([(0.03, -0.03), tip]), 0.012, 0.004)), vein, 0.4) for tip in tips]
            shine = (side(turned(ellipse(0, 0, 0.13, 0.03), -0.7) + wing.mean(0) + (-0.03, -0.09)), LIGHT, 0.22)
            shade = (crescent(side(wing), 0, -0.025), INK, 0.14)
            patches.append(coated("wings", side(wing), specimen, sided, [*veins, shade, shine]))
    return patches + _butterfly_body(specimen)


def _butterfly_body(specimen: Specimen) -> list[Patch]:
    colour = COLOURS[specimen.part]
    patches = []
    for side in (1, -1):
        feeler = curve([(0.015 * side, -0.29), (0.05 * side, -0.42), (0.13 * side, -0.49)])
        patches.append(stroke("feelers", feeler, INK, 0.013))
        patches.append(Patch("feelers", ellipse(0.13 * side, -0.49, 0.02, 0.02, points=14), INK))
    shine = [(ellipse(-0.022, -0.05, 0.01, 0.11), LIGHT, 0.45)]
    rings = [(ribbon(np.array([(-0.08, y), (0.08, y)]), 0.011), edge_of(colour), 0.4) for y in (0.07, 0.14, 0.21)]
    trunk = smooth([(0, 0.32), (-0.05, 0.14), (-0.062, -0.1), (0, -0.24), (0.062, -0.1), (0.05, 0.14)])
    patches.append(toned("body", trunk, colour, glazes=rings + shine))
    patches.append(toned("body", ellipse(0, -0.255, 0.062, 0.056), colour))
    for side in (1, -1):
        patches.append(Patch("eye", ellipse(0.04 * side, -0.275, 0.017, 0.017, points=16), INK))
        patches.append(Patch("eye", ellipse(0.044 * side, -0.281, 0.006, 0.006, points=8), LIGHT))
    return patches


def fish(specimen: Specimen, rng: np.random.Generator) -> list[Patch]:
    """Seen from the side: a patterned trunk with fins, a tail, an eye and a smile."""
    colour, part = COLOURS[specimen.colour], COLOURS[specimen.part]
    depth = rng.uniform(0.9, 1.14)
    fin = mix(colour, INK, 0.2) if sum(colour) > 180 else mix(colour, LIGHT, 0.14)
    body = smooth(
        [
            (0.46, 0.02),
            (0.36, -0.12),
            (0.16, -0.22),
            (-0.06, -0.19),
            (-0.26, -0.06),
            (-0.27, 0.06),
            (-0.06, 0.19),
            (0.16, 0.22),
            (0.36, 0.14),
        ]
    ) * (1, depth)
    tail = smooth(
        [
            (-0.2, 0.0),
            (-0.34, -0.1),
            (-0.47, -0.22),
            (-0.5, -0.14),
            (-0.43, 0.0),
            (-0.5, 0.14),
            (-0.47, 0.22),
            (-0.34, 0.1),
        ]
    )
    back = smooth([(0.2, -0.17), (0.1, -0.32), (-0.06, -0.33), (-0.16, -0.26), (-0.14, -0.12)]) * (1, depth)
    belly = smooth([(0.06, 0.17), (-0.02, 0.31), (-0.12, 0.3), (-0.1, 0.14)]) * (1, depth)
    rays = [(ribbon(np.array([(-0.24, 0), (-0.47, y)]), 0.01), edge_of(part), 0.4) for y in (-0.16, -0.07, 0.07, 0.16)]
    combs = [(ribbon(np.array([(x, -0.12), (x - 0.06, -0.36)]), 0.01), edge_of(fin), 0.6) for x in (0.12, 0.04, -0.04)]
    coat = Coat(0.03, 0, 0.66, 0.5, 0, ((0.08, -0.07), (-0.13, 0.02)), 0.094, 6, -0.03)
    glazes = [
        (crescent(body, 0.015, -0.06), INK, 0.15),
        (ellipse(0.12, -0.13 * depth, 0.2, 0.025, -0.04), LIGHT, 0.35),
        (ribbon(curve([(0.23, -0.15), (0.18, 0.0), (0.23, 0.15)]), 0.016), edge_of(colour), 0.8),
    ]
    arm = smooth([(0.15, 0.09), (0.07, 0.06), (-0.02, 0.12), (0.02, 0.17), (0.11, 0.15)])
    smile = curve([(0.445, 0.06), (0.4, 0.075), (0.365, 0.06)])
    return [
        toned("fins", back, fin, glazes=combs),
        toned("fins", belly, fin),
        toned("tail", tail, part, glazes=rays),
        coated("trunk", body, specimen, marks(specimen.pattern, coat, rng), glazes),
        toned("fins", arm, fin),
        stroke("trunk", smile, edge_of(colour), 0.016),
        *eye(0.32, -0.045, 0.05),
    ]


def bird(specimen: Specimen, rng: np.random.Generator) -> list[Patch]:
    """Seen from the side: a patterned trunk and wing, a head with a beak, on two legs."""
    colour, part = COLOURS[specimen.colour], COLOURS[specimen.part]
    plump = rng.uniform(0.94, 1.08)
    body = smooth(
        [
            (0.26, -0.2),
            (0.32, -0.02),
            (0.22, 0.17),
            (0.02, 0.25),
            (-0.18, 0.16),
            (-0.3, 0.02),
            (-0.16, -0.1),
            (0.06, -0.18),
        ]
    ) * (1, plump)
    tail = smooth([(-0.2, 0.08), (-0.36, 0.04), (-0.5, 0.07), (-0.5, 0.15), (-0.36, 0.16), (-0.2, 0.16)])
    dark = mix(colour, INK, 0.24) if sum(colour) > 180 else mix(colour, LIGHT, 0.16)
    wing = smooth([(0.12, -0.06), (0.1, 0.09), (-0.06, 0.14), (-0.26, 0.13), (-0.12, 0.0), (0.0, -0.08)])
    feathers = [
        (ribbon(curve([(-0.06, y), (-0.12, y + 0.012), (-0.21, y + 0.01)]), 0.014, 0.006), edge_of(colour), 0.7)
        for y in (0.05, 0.09)
    ]
    coat = Coat(0.02, 0.03, 0.66, 0.6, -0.35, ((0.2, 0.06), (-0.04, 0.01)), 0.094, 7, 0.09)
    placed = marks(specimen.pattern, coat, rng)
    shade = [(crescent(body, 0.015, -0.06), INK, 0.15), (ellipse(0.16, -0.05, 0.03, 0.1, 0.2), LIGHT, 0.2)]
    bones = (((0, 0.2), (0, 0.4)), ((0.1, 0.2), (0.1, 0.4)), ((-0.04, 0.41), (0.07, 0.4)), ((0.06, 0.41), (0.17, 0.4)))
    legs = [stroke("legs", np.array(bone), mix(HORN, INK, 0.35), 0.022) for bone in bones]
    beak = np.array([(0.37, -0.355), (0.54, -0.28), (0.37, -0.24)])
    head = ellipse(0.26, -0.29, 0.145, 0.14)
    return [
        *legs,
        toned("tail", tail, dark),
        coated("trunk", body, specimen, placed, shade),
        coated("wing", wing, specimen, placed, [(crescent(wing, 0.0, -0.03), INK, 0.22), *feathers]),
        toned("beak", beak, HORN),
        toned("head", head, part, glazes=[(ellipse(0.23, -0.37, 0.06, 0.025, -0.3), LIGHT, 0.35)]),
        *eye(0.3, -0.315, 0.04),
    ]


_BEETLE_RINGS = ((-0.1, 0.13), (0.14, 0.12), (-0.1, -0.13), (0.14, -0.12))


def beetle(specimen: Specimen, rng: np.random.Generator) -> list[Patch]:
    """Seen from above: legs, two halves of a patterned shell, a head with feelers."""
    colour, part = COLOURS[specimen.colour], COLOURS[specimen.part]
    stout = rng.uniform(0.92, 1.08)
    patches = []
    for side in (1, -1):
        for start, knee, foot in ((-0.06, -0.15, -0.23), (0.1, 0.1, 0.19), (0.24, 0.32, 0.44)):
            leg = np.array([(0.15 * side, start), (0.34 * side, knee), (0.43 * side, foot)])
            patches.append(stroke("legs", leg, INK, 0.035, 0.018))
        feeler = curve([(0.05 * side, -0.36), (0.11 * side, -0.45), (0.2 * side, -0.47)])
        patches.append(stroke("feelers", feeler, INK, 0.016))
        patches.append(Patch("feelers", ellipse(0.2 * side, -0.47, 0.02, 0.02, points=14), INK))
    shell = smooth(
        [
            (0, -0.17),
            (0.17, -0.14),
            (0.28, 0.04),
            (0.27, 0.24),
            (0.15, 0.41),
            (0, 0.46),
            (-0.15, 0.41),
            (-0.27, 0.24),
            (-0.28, 0.04),
            (-0.17, -0.14),
        ]
    ) * (stout, 1)
    coat = Coat(0, 0.14, 0.66, 0.64, np.pi / 2, _BEETLE_RINGS, 0.082, 6)
    glazes = [
        (crescent(shell, -0.01, -0.05), INK, 0.15),
        (ribbon(np.array([(0, -0.17), (0, 0.46)]), 0.016), edge_of(colour), 0.9),
        (ellipse(-0.16, 0.05, 0.028, 0.12, 0.3), LIGHT, 0.4),
    ]
    collar = smooth(
        [
            (0, -0.27),
            (0.13, -0.25),
            (0.18, -0.17),
            (0.14, -0.11),
            (0, -0.13),
            (-0.14, -0.11),
            (-0.18, -0.17),
            (-0.13, -0.25),
        ]
    )
    skull = ellipse(0, -0.3, 0.105, 0.085)
    patches += [
        coated("shell", shell, specimen, marks(specimen.pattern, coat, rng), glazes),
        toned("head", collar, part),
        toned("head", skull, part, glazes=[(ellipse(-0.03, -0.345, 0.04, 0.016, -0.2), LIGHT, 0.35)]),
    ]
    for side in (1, -1):
        patches.append(Patch("eye", ellipse(0.08 * side, -0.345, 0.024, 0.024, points=16), LIGHT, INK, 0.008))
        patches.append(Patch("eye", ellipse(0.084 * side, -0.35, 0.013, 0.013, points=12), INK))
    return patches
