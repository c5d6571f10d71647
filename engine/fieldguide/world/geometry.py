"""Outlines as (n, 2) float64 arrays, x to the right and y down; knows neither pixels nor colours."""

from functools import lru_cache

import numpy as np


def ellipse(x: float, y: float, radius_x: float, radius_y: float, turn: float = 0.0, points: int = 36) -> np.ndarray:
    """An ellipse about (x, y), turned by `turn` radians."""
    outline = _circle(points) * (radius_x, radius_y)
    return (turned(outline, turn) if turn else outline) + (x, y)


def smooth(controls, steps: int = 8) -> np.ndarray:
    """A closed Catmull-Rom curve through the control points."""
    knots = np.asarray(controls, float)
    return _catmull_rom([np.roll(knots, shift, 0) for shift in (1, 0, -1, -2)], steps)


def curve(controls, steps: int = 8) -> np.ndarray:
    """An open Catmull-Rom curve through the control points."""
    knots = np.asarray(controls, float)
    padded = np.concatenate([knots[:1], knots, knots[-1:]])
    inner = _catmull_rom([padded[i : len(padded) - 3 + i] for i in range(4)], steps)
    return np.concatenate([inner, knots[-1:]])


def ribbon(line: np.ndarray, start: float | np.ndarray, end: float | np.ndarray | None = None) -> np.ndarray:
    """The outline (..., 2n, 2) of open lines (..., n, 2), as wide as `start` at the first point and `end` at the last.

    The widths may be arrays over the leading axes.
    """
    line = np.asarray(line, float)
    heading = np.empty_like(line)
    heading[..., 0, :], heading[..., -1, :] = line[..., 1, :] - line[..., 0, :], line[..., -1, :] - line[..., -2, :]
    heading[..., 1:-1, :] = line[..., 2:, :] - line[..., :-2, :]
    normal = heading[..., ::-1] * (-1.0, 1.0)
    normal /= np.maximum(np.sqrt((normal**2).sum(-1, keepdims=True)), 1e-9)
    step = ((start if end is None else end) - np.asarray(start)) / (line.shape[-2] - 1)
    half = (np.arange(line.shape[-2]) * step[..., None] + np.asarray(start)[..., None])[..., None] / 2
    return np.concatenate([line + normal * half, (line - normal * half)[..., ::-1, :]], -2)


def crescent(outline: np.ndarray, x: float, y: float) -> np.ndarray:
    """A closed line and itself moved by (x, y) as one polygon; filled even-odd, its inside part is a rim of shade."""
    outline = np.roll(outline, -int((outline @ (-x, -y)).argmax()), 0)
    ring = np.concatenate([outline, outline[:1]])
    return np.concatenate([ring, ring + (x, y)])


def turned(points: np.ndarray, turn: float) -> np.ndarray:
    """The points turned about the origin by `turn` radians, from x towards y."""
    cos, sin = np.cos(turn), np.sin(turn)
    return points @ np.array([[cos, sin], [-sin, cos]])


def mirrored(points: np.ndarray) -> np.ndarray:
    """The points reflected left to right."""
    return points * (-1.0, 1.0)


@lru_cache
def _circle(points: int) -> np.ndarray:
    angle = np.arange(points) * (2 * np.pi / points)
    return np.stack([np.cos(angle), np.sin(angle)], 1)


def _catmull_rom(knots: list[np.ndarray], steps: int) -> np.ndarray:
    before, here, there, after = (knot[:, None] for knot in knots)
    t = (np.arange(steps) / steps)[None, :, None]
    cubic = (
        2 * here
        + (there - before) * t
        + (2 * before - 5 * here + 4 * there - after) * t**2
        + (3 * here - before - 3 * there + after) * t**3
    )
    return cubic.reshape(-1, 2) / 2
