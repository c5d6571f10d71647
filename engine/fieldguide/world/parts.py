"""The vocabulary of anatomy: coated and toned patches, strokes and eyes, in specimen units."""

import numpy as np

from .canvas import Colour, Patch, mix
from .geometry import ellipse, ribbon
from .specimens import COLOURS, Specimen

INK: Colour = (44, 38, 46)
LIGHT: Colour = (255, 252, 240)
HORN: Colour = (228, 172, 72)


def edge_of(colour: Colour) -> Colour:
    """The line around a fill: its darker shade, or a lighter one around black so that it stays visible."""
    return mix(colour, (150, 144, 160), 0.42) if sum(colour) < 180 else mix(colour, (30, 22, 34), 0.45)


def coated(part: str, outline: np.ndarray, specimen: Specimen, placed: list, glazes: list) -> Patch:
    """A patch in the specimen's colour and pattern; `placed` are marks in specimen units."""
    colour = COLOURS[specimen.colour]
    accent = colour if specimen.accent is None else COLOURS[specimen.accent]
    inked = [(points, accent if takes_accent else colour) for points, takes_accent in placed]
    return Patch(part, outline, colour, edge_of(colour), marks=inked, glazes=glazes)


def toned(part: str, outline: np.ndarray, colour: Colour, width: float = 0.012, glazes: list | None = None) -> Patch:
    """A patch in one plain colour; its glazes become opaque marks, which look the same there and cost less."""
    details = [(points, mix(colour, tone, opacity)) for points, tone, opacity in glazes or []]
    return Patch(part, outline, colour, edge_of(colour), width, marks=details)


def stroke(part: str, line: np.ndarray, colour: Colour, start: float, end: float | None = None) -> Patch:
    """A line as a patch, as wide as `start` at its first point and `end` at its last."""
    return Patch(part, ribbon(line, start, end), colour)


def eye(x: float, y: float, radius: float) -> list[Patch]:
    """A round eye about (x, y) that looks ahead, with a glint."""
    return [
        Patch("eye", ellipse(x, y, radius, radius), LIGHT, INK, 0.01),
        Patch("eye", ellipse(x + 0.15 * radius, y, 0.6 * radius, 0.62 * radius), INK),
        Patch("eye", ellipse(x + 0.32 * radius, y - 0.28 * radius, 0.22 * radius, 0.22 * radius, points=12), LIGHT),
    ]
