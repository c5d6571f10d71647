"""Drawings that nobody would take for the Field Guide's: shapes, letters, figures of matplotlib."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_SIDE = 300
_COLOUR_MAPS = ("viridis", "plasma", "jet", "gray", "tab20")


def many(draw: Callable[[np.random.Generator], Image.Image], count: int, seed: int) -> list[Image.Image]:
    """`count` pictures of a kind, drawn at random."""
    rng = np.random.default_rng(seed)
    return [draw(rng) for _ in range(count)]


def shapes(rng: np.random.Generator) -> Image.Image:
    """Lines, boxes, discs and arcs on light paper."""
    picture = Image.new("RGB", (_SIDE, _SIDE), _colour(rng, 200))
    pen = ImageDraw.Draw(picture)
    for _ in range(rng.integers(4, 14)):
        colour, width = _colour(rng), int(rng.integers(1, 9))
        fill = colour if rng.random() < 0.5 else None
        (left, top), (right, bottom) = np.sort(rng.integers(0, _SIDE, (2, 2)), 0).tolist()
        box, line = (left, top, right + 5, bottom + 5), rng.integers(0, _SIDE, 2 * rng.integers(3, 9)).tolist()
        match rng.integers(5):
            case 0:
                pen.line(line, colour, width, joint="curve")
            case 1:
                pen.ellipse(box, fill, colour, width)
            case 2:
                pen.rectangle(box, fill, colour, width)
            case 3:
                pen.polygon(line, fill, colour)
            case _:
                start, end = rng.integers(0, 360, 2).tolist()
                pen.arc(box, start, end, colour, width)
    return picture


def letters(rng: np.random.Generator) -> Image.Image:
    """A page full of letters in no order, of one size and colour, often grey in grey."""
    paper, colour = (_grey(rng), _grey(rng)) if rng.random() < 0.5 else (_colour(rng), _colour(rng))
    picture, size = Image.new("RGB", (_SIDE, _SIDE), paper), int(rng.integers(12, 80))
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size)
    for top in range(0, _SIDE, round(1.2 * size)):
        pen.text((5, top), "".join(map(chr, rng.integers(97, 123, 40))), colour, font)
    return picture


def scribble(rng: np.random.Generator) -> Image.Image:
    """A few curves of one pen on white or coloured paper."""
    picture = Image.new("RGB", (_SIDE, _SIDE), "white" if rng.random() < 0.6 else _colour(rng))
    pen, colour, width = ImageDraw.Draw(picture), _colour(rng), int(rng.integers(1, 10))
    for _ in range(rng.integers(1, 12)):
        turns = np.cumsum(rng.normal(0, rng.uniform(0.05, 0.6), 60)) + rng.uniform(0, 2 * np.pi)
        steps = rng.uniform(2, 8) * np.stack([np.cos(turns), np.sin(turns)], -1)
        pen.line((rng.uniform(0, _SIDE, 2) + np.cumsum(steps, 0)).flatten().tolist(), colour, width, joint="curve")
    return picture


def silhouette(rng: np.random.Generator) -> Image.Image:
    """One or two smooth blobs of one colour on paper of another."""
    picture = Image.new("RGB", (_SIDE, _SIDE), "white" if rng.random() < 0.4 else _colour(rng))
    pen, around = ImageDraw.Draw(picture), np.linspace(0, 2 * np.pi, 120)
    for _ in range(rng.integers(1, 3)):
        waves = [rng.normal(0, 0.25) * np.sin(turn * around + rng.uniform(0, 6)) for turn in range(1, 6)]
        radius = rng.uniform(0.15, 0.4) * _SIDE * np.exp(np.sum(waves, 0))
        outline = rng.uniform(0.3, 0.7, 2) * _SIDE + radius[:, None] * np.stack([np.cos(around), np.sin(around)], -1)
        pen.polygon(outline.flatten().tolist(), "black" if rng.random() < 0.3 else _colour(rng))
    return picture


def mosaic(rng: np.random.Generator) -> Image.Image:
    """Flat colours, each where its own of a few scattered points is the nearest."""
    count = int(rng.integers(3, 60))
    points, colours = rng.uniform(0, _SIDE, (count, 2)), rng.integers(0, 256, (count, 3), np.uint8)
    places = np.moveaxis(np.mgrid[:_SIDE, :_SIDE], 0, -1)[:, :, None]
    return Image.fromarray(colours[((places - points) ** 2).sum(-1).argmin(-1)])


def figure(rng: np.random.Generator) -> Image.Image:
    """Lines, bars, dots, cells, slices or levels with axes around them."""
    from matplotlib import colormaps
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(4, 4), dpi=75)
    canvas, axes, name = FigureCanvasAgg(drawn), drawn.subplots(), str(rng.choice(_COLOUR_MAPS))
    match rng.integers(6):
        case 0:
            axes.plot(np.cumsum(rng.normal(size=(80, rng.integers(1, 6))), 0))
        case 1:
            axes.bar(range(8), rng.random(8), color=colormaps[name](rng.random(8)))
        case 2:
            axes.scatter(rng.random(60), rng.random(60), 300 * rng.random(60), rng.random(60), cmap=name)
        case 3:
            axes.imshow(rng.random((8, 8)), cmap=name)
        case 4:
            axes.pie(rng.random(5) + 0.1)
        case _:
            waves = np.sin(rng.uniform(1, 6, (2, 1)) * np.linspace(0, 3, 40))
            axes.contourf(np.add.outer(*waves), cmap=name)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())


def _grey(rng: np.random.Generator) -> tuple[int, int, int]:
    level = int(rng.integers(256))
    return level, level, level


def _colour(rng: np.random.Generator, darkest: int = 0) -> tuple[int, int, int]:
    red, green, blue = rng.integers(darkest, 256, 3).tolist()
    return red, green, blue
