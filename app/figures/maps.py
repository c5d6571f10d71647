"""Attention maps as SVG, a veil over the picture: one rectangle per patch, its value on hovering."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image
from torch import Tensor

import engine
from app.choices import Choices
from app.figures.ground import Ground, drawn_on
from app.figures.html import esc, short
from app.state.parts import MapPair
from app.text import attention as text
from app.text import words
from app.text.counted import counted

CELL = 10
SEQUENTIAL = {"viridis": "viridis", "inferno": "inferno", "jet (misleading)": "jet"}
BEYOND = 1.05  # times the end of the scale; less beyond it is not worth a word
NAME = 40  # characters of a class in the name of a file
FLOOR = 0.02  # of the largest value; cells below it are never outlined


@dataclass(frozen=True, slots=True)
class Look:
    """How maps are drawn; nothing here needs the model."""

    colours: str = "viridis"
    smooth: bool = False
    shared: bool = True

    @classmethod
    def of(cls, choices: Choices) -> Look:
        """The look that a visitor has chosen."""
        colours = choices.colours if choices.colours in SEQUENTIAL else "viridis"
        return cls(colours, choices.cells == "smooth", choices.scale != "own")

    @property
    def colour_map(self) -> str:
        """The colours as matplotlib names them."""
        return SEQUENTIAL[self.colours]


@dataclass(frozen=True, eq=False, slots=True)
class MapFigure:
    """One map to be drawn: its values (gh, gw), what it lies over, its scale and matplotlib's colours.

    `lines` are drawn over it, and the numbers of its scale take the power of ten of `beside`, if given. `key` is what
    its file is asked for by: the part of the page and, behind a blank, what the file is called; empty: not offered.
    """

    name: str
    values: Tensor
    ground: Ground
    scale: engine.overlays.Scale
    colours: str
    smooth: bool = False
    lines: str = ""
    beside: float | None = None
    key: str = ""

    def figure(self) -> str:
        """The map as large as there is room, with its colour bar and its strongest value."""
        cells = self.values.numpy()
        rows, columns = cells.shape
        fills = None if self.smooth else engine.overlays.coloured(self._shares, self.colours)
        layer = (_smooth(self._shares, self.colours, rows, columns) if self.smooth else "") + _patches(cells, fills)
        strongest, label = self._strongest
        said = words.FLAT if strongest is None else _strongest_cell(strongest, self.scale, self.beside)
        return (
            f'<figure class="map{self.ground.kind}"><figcaption><span>{esc(self.name)}</span>{self._save}</figcaption>'
            f"{drawn_on(self.ground, layer, self.lines, cells.shape, label, CELL)}"
            f"{numbered_bar(self.scale, self.colours, self.beside)}"
            f"{_noted(said)}</figure>"
        )

    def thumbnail(self) -> str:
        """The same as a small picture without a scale of its own."""
        cells = self.values.numpy()
        rows, columns = cells.shape
        strongest, label = self._strongest
        values = " ".join(f"{value:.3g}" for value in cells.ravel())
        heat = data_uri(engine.overlays.coloured(self._shares, self.colours))
        layer = (
            f'<image class="cells" data-values="{values}" href="{heat}" width="{columns * CELL}"'
            f' height="{rows * CELL}" preserveAspectRatio="none"/>'
        )
        said = text.FLAT_SMALL if strongest is None else text.STRONGEST_SMALL.format(value=short(strongest))
        return (
            f'<figure class="map small">{drawn_on(self.ground, layer, "", cells.shape, label, CELL)}'
            f"{_noted(said)}{self._save}</figure>"
        )

    def over(self, whole: Image.Image) -> Image.Image:
        """The map over the whole picture that it is about, of that one's size."""
        cells = self.values.numpy()
        return engine.overlays.overlaid(whole, self.ground.box, cells, self.scale, self.colours, self.smooth)

    @property
    def _shares(self) -> np.ndarray:
        """Where each value lies on the scale, 0 to 1."""
        return self.scale.shares(self.values.numpy())

    @property
    def _strongest(self) -> tuple[float | None, str]:
        """The strongest value, None where all are the same, and the figure in words."""
        cells = self.values.numpy()
        rows, columns = cells.shape
        if cells.min() == cells.max():
            return None, f"{self.name}: {words.FLAT}"
        row, column = np.unravel_index(int(np.abs(cells).argmax()), cells.shape)
        value = float(cells[row, column])
        place = f"row {row + 1} of {rows}, column {column + 1} of {columns}"
        return value, f"{self.name}: strongest in {place}, value {short(value)}"

    @property
    def _save(self) -> str:
        """The button that asks for its file."""
        if not self.key:
            return ""
        said = words.SAVE_MAP.format(name=self.name)
        return (
            f'<button type="button" class="save" data-save="{esc(self.key)}" title="{esc(text.SAVE_WHY)}"'
            f' aria-label="{esc(said)}">{esc(words.SAVE)}</button>'
        )


def scale_of_pair(pair: MapPair) -> engine.overlays.Scale:
    """The scale that all maps of a pair share, of both classes where there are two."""
    maps = (pair.clean, pair.attacked, *(pair.rival or ()))
    return engine.overlays.scale_of(*(drawn.raw.numpy() for drawn in maps if drawn is not None))


def scale_of_moves(pair: MapPair) -> engine.overlays.Scale:
    """The even scale that the differences of a pair share, of both classes where there are two.

    Of a pair whose clean picture is known.
    """
    maps = [(pair.clean, pair.attacked), *([pair.rival] if pair.rival else [])]
    return engine.overlays.difference_scale(
        *((after.raw - before.raw).numpy() for before, after in maps if before is not None)
    )


def residue(sentence: str, pair: MapPair, names: Sequence[str]) -> str:
    """`sentence` of `which` maps of a pair are rounding residue, as it begins with them, and of their number `n`; with
    the class where there are two of an arm; empty where none is."""
    which = []
    for clean, attacked in [(pair.clean, pair.attacked), *([pair.rival] if pair.rival else [])]:
        about = text.MAP_ARM_FOR.format(subject=subject(attacked, names)) if pair.rival else ""
        drawn = zip(text.MAP_ARMS, (clean, attacked), strict=True)
        which += [name + about for name, one in drawn if one is not None and one.degenerate]
    begun = words.AND.join([*which[:1], *(name[:1].lower() + name[1:] for name in which[1:])])
    return counted(sentence, which=begun, n=len(which)) if which else ""


def subject(drawn: engine.AttentionMap, names: Sequence[str]) -> str:
    """The class that a map is about, and the one it is compared with, in quotation marks."""
    if drawn.against is None:
        return text.MAP_SUBJECT.format(name=names[drawn.label])
    return text.MAP_SUBJECT_AGAINST.format(name=names[drawn.label], other=names[drawn.against])


def file_name(drawn: engine.AttentionMap, which: str, names: Sequence[str]) -> str:
    """What the file of one of a picture's maps is called: the map, the classes it is about, and `which` picture."""
    about = [] if not engine.MAPS[drawn.map].class_specific else [drawn.label, drawn.against]
    return "-".join([drawn.map, *(_filed(names, place) for place in about if place is not None), which])


def _filed(names: Sequence[str], place: int) -> str:
    """A class in the name of a file, with its number where another would be called the same."""
    short = [re.sub(r"[^\w.]+", "-", name).strip("-")[:NAME] for name in names]
    return short[place] if short.count(short[place]) == 1 else f"{short[place]}-{place + 1}"


def heat_map(
    name: str,
    values: Tensor,
    ground: Ground,
    scale: engine.overlays.Scale,
    look: Look,
    mask: Tensor | None = None,
    marked: Tensor | None = None,
    key: str = "",
) -> MapFigure:
    """One unsigned map (gh, gw) over a picture, the top fifth of its cells outlined.

    `mask` (s, s) is the object, drawn as a thin line; `marked` (gh, gw) are cells to be outlined with dashes.
    """
    rows, columns = values.shape
    lines = _outline(outlined(values), "contour") + _object_outline(mask, (rows, columns))
    if marked is not None:
        lines += f'<path class="marked" d="{_border(marked.numpy(), CELL)}"/>'
    return MapFigure(name, values, ground, scale, look.colour_map, look.smooth, lines, key=key)


def difference_map(
    name: str,
    values: Tensor,
    ground: Ground,
    look: Look,
    scale: engine.overlays.Scale | None = None,
    beside: float | None = None,
    key: str = "",
) -> MapFigure:
    """A signed difference of two maps on an even `scale`, or one of its own.

    Its numbers take the power of ten of `beside`, where the scale of those two maps ends.
    """
    scale, diverging = scale or engine.overlays.difference_scale(values.numpy()), engine.overlays.DIVERGING
    return MapFigure(name, values, ground, scale, diverging, look.smooth, beside=beside, key=key)


def ringed(figure: MapFigure, cell: int) -> MapFigure:
    """The map with a ring around one of its cells, counted row by row."""
    row, column = divmod(cell, figure.values.shape[1])
    sides = f'x="{column * CELL}" y="{row * CELL}" width="{CELL}" height="{CELL}"'
    ring = f'<rect class="reader halo" {sides}/><rect class="reader" {sides}/>'
    return replace(figure, lines=figure.lines + ring)


def outlined(values: Tensor) -> np.ndarray:
    """Which cells of a map (gh, gw) are outlined, bool of the same shape: its strongest fifth.

    Cells below `FLOOR` of the largest value are left out: where a map is all but zero, their order is rounding.
    """
    return (engine.measures.top_cells(values) & (values >= FLOOR * values.max())).numpy()


def data_uri(pixels: np.ndarray, kind: str = "PNG", **options: int) -> str:
    """A small picture inside the page itself."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _patches(cells: np.ndarray, fills: np.ndarray | None) -> str:
    """One square a cell that tells its value and can be pressed; see-through where something else shows the colours."""
    return "".join(
        f'<rect data-cell="{row * cells.shape[1] + column}" x="{column * CELL}" y="{row * CELL}" width="{CELL}"'
        f' height="{CELL}" fill="{_fill(fills, row, column)}"><title>row {row + 1}, column {column + 1}:'
        f" {cells[row, column]:.4g}</title></rect>"
        for row in range(cells.shape[0])
        for column in range(cells.shape[1])
    )


def _fill(fills: np.ndarray | None, row: int, column: int) -> str:
    return "transparent" if fills is None else f"#{bytes(fills[row, column]).hex()}"


def _smooth(shares: np.ndarray, colours: str, rows: int, columns: int) -> str:
    enlarged = Image.fromarray(shares.astype(np.float32)).resize((columns * 8, rows * 8), Image.Resampling.BILINEAR)
    uri = data_uri(engine.overlays.coloured(np.asarray(enlarged), colours))
    return f'<image href="{uri}" width="{columns * CELL}" height="{rows * CELL}" preserveAspectRatio="none"/>'


def _outline(chosen: np.ndarray, kind: str) -> str:
    """The border between chosen cells and the others, drawn twice so that it shows on dark and on light."""
    path = _border(chosen, CELL)
    return f'<path class="{kind} halo" d="{path}"/><path class="{kind}" d="{path}"/>'


def _object_outline(mask: Tensor | None, shape: tuple[int, int]) -> str:
    if mask is None:
        return ""
    size = (shape[1] * CELL, shape[0] * CELL)
    fine = np.asarray(Image.fromarray(mask.numpy().astype(np.uint8) * 255).resize(size)) > 127
    return f'<path class="object" d="{_border(fine, 1)}"/>'


def _border(chosen: np.ndarray, side: int) -> str:
    """The edges between neighbouring cells of `chosen` that differ, as an SVG path with cells of `side`."""
    padded = np.pad(chosen, 1)
    flat = zip(*np.nonzero(padded[1:, 1:-1] != padded[:-1, 1:-1]), strict=True)
    upright = zip(*np.nonzero(padded[1:-1, 1:] != padded[1:-1, :-1]), strict=True)
    parts = [f"M{c * side} {r * side}h{side}" for r, c in flat] + [f"M{c * side} {r * side}v{side}" for r, c in upright]
    return "".join(parts)


def numbered_bar(scale: engine.overlays.Scale, colours: str, beside: float | None = None) -> str:
    """The colours of a scale with the values at its ends and in its middle, in the power of ten of `beside`, if given,
    and the root that it has."""
    low, middle, high = (float(value) for value in scale.values([0, 0.5, 1]))
    like = beside or high
    ends = (("≤ " if low < 0 else "") + short(low, like), short(middle, like), "≥ " + short(high, like))
    return colour_bar(ends, colours, words.ROOTS[scale.root])


def colour_bar(ends: tuple[str, str, str], colours: str, root: str = "") -> str:
    """The colours of a scale, with what its left end, its middle and its right end mean, and its `root` in words."""
    stops = ", ".join(f"#{bytes(colour).hex()}" for colour in engine.overlays.coloured(np.linspace(0, 1, 9), colours))
    numbers = "".join(f"<span>{esc(end)}</span>" for end in ends)
    rooted = f'<p class="root">{esc(root)}</p>' if root else ""
    return (
        f'<div class="colour-bar"><div style="background:linear-gradient(to right, {stops})"></div>'
        f'<div class="numbers">{numbers}</div>{rooted}</div>'
    )


def _noted(said: str) -> str:
    """The note below a map; the page puts the value of a cell in its place, and then what it says at rest again."""
    return f'<p class="fine" data-rest="{esc(said)}">{esc(said)}</p>'


def _strongest_cell(value: float, scale: engine.overlays.Scale, beside: float | None) -> str:
    """The largest value of a map, and how far it lies beyond the end of its scale: colours cannot tell that."""
    low, end = scale.low, max(-scale.low, scale.high)
    beyond = f", {abs(value) / end:.3g}\u00a0× the scale's end" if abs(value) > BEYOND * end else ""
    return f"strongest cell {'+' if low < 0 < value else ''}{short(value, beside or end)}{beyond}"
