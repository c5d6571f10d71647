"""What maps are drawn on: the picture as its owner gave it, with what the model sees of it at its place."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field

import numpy as np
from PIL import Image
from torch import Tensor

import engine
from app.figures.html import esc
from app.state.shown import Original, Shown

LONG = 1000  # the longer side of a picture, in the unit of the drawings
BACKDROP, SMALL_BACKDROP = 224, 150  # pixels a side at most of what lies under a map, and under a thumbnail
WIDE, LONG_SHAPE = 1.4, 3.0  # times as wide as high: one in a row of a phone, one in a row anywhere
MOST = 2.0  # times as long as wide: of longer pictures, what lies far from what the model sees is not drawn


@dataclass(frozen=True, eq=False, slots=True)
class Ground:
    """Pixels (3, s, s) in [0, 1] that lie in the `box` of a picture; without an `original`, nothing lies around them.

    They are `altered` where the original shows something else at their place. `name` is what `backdrops` calls their
    copies; empty: each drawing has its own.
    """

    pixels: Tensor
    original: Original | None = None
    box: engine.results.Box = field(default_factory=engine.results.Box.whole)
    altered: bool = True
    name: str = ""

    @classmethod
    def of(cls, shown: Shown, pixels: Tensor, name: str = "") -> Ground:
        """Under pixels of the picture in use, its own or attacked ones."""
        return cls(pixels, shown.original, shown.box, pixels is not shown.pixels, name)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the picture as it is drawn."""
        return (LONG, LONG) if self.original is None else _size(self.original)

    @property
    def seen(self) -> tuple[float, float, float, float]:
        """Left, top, width and height of what the model sees, in that unit."""
        (width, height), box = self.size, self.box
        return box.left * width, box.top * height, (box.right - box.left) * width, (box.bottom - box.top) * height

    @property
    def canvas(self) -> tuple[float, float, float, float]:
        """The same of the least that holds the picture and what the model sees."""
        (width, height), (left, top, across, down) = self.size, self.seen
        begin, above = min(0, left), min(0, top)
        return begin, above, max(width, left + across) - begin, max(height, top + down) - above

    @property
    def window(self) -> tuple[float, float, float, float]:
        """The part of it that maps are drawn on: of very long pictures what the model sees and some way around it."""
        (left, top, width, height), (x, y, across, down) = self.canvas, self.seen
        (left, new_width), (top, new_height) = (
            _around(left, width, x, across, MOST * height), _around(top, height, y, down, MOST * width)
        )  # fmt: skip
        return left, top, new_width, new_height

    @property
    def goes_on(self) -> bool:
        """Whether the picture goes on beyond what maps are drawn on."""
        return self.window != self.canvas

    @property
    def kind(self) -> str:
        """Classes of a figure of that shape."""
        _, _, width, height = self.window
        return " wide" * (width >= WIDE * height) + " long" * (width >= LONG_SHAPE * height)


def drawn_on(ground: Ground, veil: str, lines: str, grid: tuple[int, int], label: str, cell: int) -> str:
    """The picture with a `veil` and `lines` over what the model sees, both in the unit of a `grid` of rows and columns
    with cells of that side. The page lifts the veil where somebody points."""
    rows, columns = grid
    across, down = columns * cell, rows * cell
    here = _copy(ground, False, across, down) if ground.altered else ""
    grey = _copy(ground, True, across, down)
    return (
        f'<svg viewBox="{_numbers(ground.window)}" role="img" aria-label="{esc(label)}">{whole(ground)}'
        f'<svg class="seen" {_sides(ground.seen)} viewBox="0 0 {across} {down}" preserveAspectRatio="none">{here}'
        f'<g class="veil">{grey}<g class="heat">{veil}</g></g>{lines}</svg></svg>'
    )


def whole(ground: Ground) -> str:
    """The whole picture, what the model does not see of it dimmed, and the frame; empty where nothing is around it."""
    if ground.original is None:
        return ""
    drawn = f'<use href="#original-{ground.original.key}"/>'
    if ground.box == engine.results.Box.whole():
        return drawn
    outer, inner = _path(ground.canvas), _path(ground.seen)
    dimmed = f'<path class="outside" fill-rule="evenodd" d="{outer}{inner}"/><path class="frame" d="{inner}"/>'
    return f'<path class="filling" d="{outer}"/>{drawn}{dimmed}'


def framed(ground: Ground, label: str) -> str:
    """The whole picture as a figure, with the frame, which can be dragged where something is cut off."""
    box = ground.box
    across = box.right - box.left < 1
    side = box.right - box.left if across else box.bottom - box.top
    kind = "movable" if side < 1 else ""
    return (
        f'<figure class="original {kind}"><svg viewBox="{_numbers(ground.canvas)}" role="img" aria-label="{esc(label)}"'
        f' data-share="{side:.6g}" data-across="{across:d}">{whole(ground)}</svg></figure>'
    )


def definition(original: Original) -> str:
    """The picture itself, once on the page for all drawings that `use` it."""
    width, height = _size(original)
    return (
        f'<svg width="0" height="0" aria-hidden="true"><image id="original-{original.key}"'
        f' href="{original.uri}" width="{width:.6g}" height="{height:.6g}" preserveAspectRatio="none"/></svg>'
    )


def backdrops(*grounds: Ground, side: int = BACKDROP) -> str:
    """Copies of their pixels, of `side` pixels at most, once for all drawings on grounds of these names."""
    copies = "".join(
        f'<image id="{esc(ground.name)}-{kind}" href="{_uri(ground.pixels, kind == "grey", side)}" width="1" height="1"'
        f' preserveAspectRatio="none"/>'
        for ground in grounds
        for kind in ("grey", *(["colour"] if ground.altered else []))
    )
    return f'<svg width="0" height="0" aria-hidden="true">{copies}</svg>'


def _copy(ground: Ground, grey: bool, across: float, down: float) -> str:
    """A copy of the pixels, of that width and height."""
    if ground.name:
        return f'<use href="#{esc(ground.name)}-{"grey" if grey else "colour"}" transform="scale({across} {down})"/>'
    size = f'width="{across}" height="{down}" preserveAspectRatio="none"'
    return f'<image href="{_uri(ground.pixels, grey, BACKDROP)}" {size}/>'


def _uri(pixels: Tensor, grey: bool, side: int) -> str:
    """A lossy copy of pixels (3, s, s) inside the page itself."""
    levels = (pixels.mean(0) if grey else pixels.permute(1, 2, 0)) * 255
    image = Image.fromarray(np.ascontiguousarray(levels.round().clamp(0, 255).byte().numpy()))
    image.thumbnail((side, side))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _around(begin: float, length: float, seen: float, side: float, most: float) -> tuple[float, float]:
    """Where a length begins and how long it is once it is cut to at most `most` around the `side` at `seen`."""
    short = max(most, side)
    if length <= short:
        return begin, length
    return min(max(seen + side / 2 - short / 2, begin), begin + length - short), short


def _size(original: Original) -> tuple[float, float]:
    longest = max(original.width, original.height)
    return LONG * original.width / longest, LONG * original.height / longest


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:.6g}" for value in values)


def _sides(sides: tuple[float, float, float, float]) -> str:
    names = ("x", "y", "width", "height")
    return " ".join(f'{name}="{value:.6g}"' for name, value in zip(names, sides, strict=True))


def _path(sides: tuple[float, float, float, float]) -> str:
    left, top, width, height = sides
    return f"M{left:.6g} {top:.6g}h{width:.6g}v{height:.6g}h{-width:.6g}Z"
