"""Meadows, pebbles and lights behind a specimen; knows nothing about what will stand before them."""

import colorsys

import cv2
import numpy as np

from .canvas import Colour, fill, mix, softened, veil
from .geometry import ellipse, ribbon, smooth, turned

_FAR = 128  # the out-of-focus distance is painted at this size and enlarged, so it is the same at every size
_WHITE, _DARK = (255, 250, 236), (30, 30, 40)


def paint_backdrop(side: int, rng: np.random.Generator) -> np.ndarray:
    """A background (side, side, 3) uint8: soft colour fields, blurred distance, and sharp clutter of one sort."""
    mood = rng.uniform((0, 0.12, 0.4), (1, 0.8, 0.9))
    far = _colour_field(_colours(rng, 16, *mood))
    _scatter(far, rng, mood)
    pixels = cv2.resize(softened(far), (side, side), interpolation=cv2.INTER_LINEAR_EXACT)
    if rng.random() < 0.85:
        _scatter(pixels, rng, mood)
    return pixels


def _scatter(pixels: np.ndarray, rng: np.random.Generator, mood: np.ndarray) -> None:
    colours = _colours(rng, int(rng.integers(10, 30)), *mood)
    _SCENES[rng.integers(len(_SCENES))](pixels, colours, rng)


def _colour_field(colours: list[Colour]) -> np.ndarray:
    """Sixteen colours flowing into each other, (far, far, 3) uint8."""
    knots = np.array(colours, float).reshape(4, 4, 3)
    place = (np.arange(_FAR) + 0.5) / _FAR * 3
    weight = np.exp(-1.6 * (place[:, None] - np.arange(4)) ** 2)
    weight /= weight.sum(1, keepdims=True)
    columns = (weight @ knots.reshape(4, 12)).reshape(_FAR, 4, 3).swapaxes(0, 1)
    return np.rint(weight @ columns.reshape(4, -1)).astype(np.uint8).reshape(_FAR, _FAR, 3)


def _colours(rng: np.random.Generator, count: int, hue: float, vividness: float, value: float) -> list[Colour]:
    """Colours near the scene's mood, their hue now and then from elsewhere."""
    colours = []
    for turn, wild, other, pale, light in rng.random((count, 5)).tolist():
        tone = other if wild < 0.15 else hue + 0.2 * (turn - 0.5)
        shade = colorsys.hsv_to_rgb(tone % 1, vividness * (0.6 + 0.4 * pale), min(value + 0.4 * (light - 0.5), 1))
        red, green, blue = (round(255 * channel) for channel in shade)
        colours.append((red, green, blue))
    return colours


def _lights(pixels: np.ndarray, colours: list[Colour], rng: np.random.Generator) -> None:
    for colour, (x, y, size, opacity) in zip(colours[:16], rng.random((16, 4)), strict=False):
        wide = 0.02 + 0.1 * size**2
        veil(pixels, ellipse(x, y, wide, wide, points=24), mix(colour, _WHITE, 0.25), 0.2 + 0.35 * opacity)


def _grass(pixels: np.ndarray, colours: list[Colour], rng: np.random.Generator) -> None:
    root, height, bend, width = rng.random((4, len(colours), 1))
    sway = rng.uniform(-0.25, 0.25) + 0.3 * (bend - 0.5)
    along = np.linspace(0, 1, 9)
    blades = np.stack([root + sway * along**2, 1.05 - (0.15 + 0.75 * height) * along], -1)
    fill(pixels, list(ribbon(blades, 0.012 + 0.022 * width[:, 0], 0.001)), colours)


def _leaves(pixels: np.ndarray, colours: list[Colour], rng: np.random.Generator) -> None:
    outlines, shades = [], []
    for colour, (x, y, turn, size) in zip(colours[:18], rng.random((18, 4)), strict=False):
        frame = (0.1 + 0.16 * size) * turned(np.eye(2), 2 * np.pi * turn)
        dark = mix(colour, _DARK, 0.28)
        outlines += [shape @ frame + (x, y) for shape in (_LEAF * 1.06, _LEAF, _RIB)]
        shades += [dark, colour, dark]
    fill(pixels, outlines, shades)


def _pebbles(pixels: np.ndarray, colours: list[Colour], rng: np.random.Generator) -> None:
    outlines, shades = [], []
    for colour, (x, y, size, flat, turn) in zip(colours, rng.random((len(colours), 5)), strict=False):
        wide = 0.015 + 0.05 * size
        low = wide * (0.55 + 0.3 * flat)
        stone = ellipse(x, y, wide, low, turn - 0.5, points=20)
        shine = ellipse(x - 0.3 * wide, y - 0.35 * low, 0.4 * wide, 0.25 * low, points=12)
        outlines += [stone + (0.004, 0.008), stone, shine]
        shades += [mix(colour, _DARK, 0.55), colour, mix(colour, _WHITE, 0.3)]
    fill(pixels, outlines, shades)


def _ripples(pixels: np.ndarray, colours: list[Colour], rng: np.random.Generator) -> None:
    left, height, length, phase = rng.random((4, len(colours), 1))
    along = np.linspace(0, 1, 14)
    waves = 0.008 * np.sin(12 * along * (0.5 + length) + 2 * np.pi * phase)
    lines = np.stack([1.2 * left - 0.2 + (0.15 + 0.4 * length) * along, height + waves], -1)
    fill(pixels, list(ribbon(lines, 0.014, 0.004)), [mix(colour, _WHITE, 0.2) for colour in colours])


_LEAF = smooth([(-0.5, 0), (-0.2, -0.2), (0.2, -0.17), (0.5, 0), (0.2, 0.17), (-0.2, 0.2)], 5)
_RIB = ribbon(np.array([(-0.5, 0.0), (0.42, 0.0)]), 0.05, 0.01)
_SCENES = (_lights, _grass, _leaves, _pebbles, _ripples)
