"""Attention maps as SVG, a veil over the picture: one rectangle per patch, its value on hovering."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from PIL import Image
from torch import Tensor

import engine
from app.choices import Choices
from app.figures.ground import Ground, copy_of, drawn_on
from app.figures.html import esc, short
from app.text import words as text

CELL = 10
SEQUENTIAL = {"viridis": "viridis", "inferno": "inferno", "jet (misleading)": "jet"}
DIVERGING = "PuOr_r"
CLIP = 0.99
BEYOND = 1.05  # times the end of the scale; less beyond it is not worth a word
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


def subject(drawn: engine.AttentionMap, names: Sequence[str]) -> str:
    """The class that a map is about, and the one it is compared with, in quotation marks."""
    if drawn.against is None:
        return text.MAP_SUBJECT.format(name=names[drawn.label])
    return text.MAP_SUBJECT_AGAINST.format(name=names[drawn.label], other=names[drawn.against])


def heat_map(
    name: str,
    values: Tensor,
    ground: Ground,
    scale: tuple[float, float],
    look: Look,
    mask: Tensor | None = None,
    marked: Tensor | None = None,
) -> str:
    """One unsigned map (gh, gw) over a picture, the top fifth of its cells outlined, with its colour bar.

    `mask` (s, s) is the object, drawn as a thin line; `marked` (gh, gw) are cells to be outlined with dashes.
    """
    cells = values.numpy()
    lines = _outline(outlined(values), "contour") + _object_outline(mask, cells.shape)
    if marked is not None:
        lines += f'<path class="marked" d="{_border(marked.numpy(), CELL)}"/>'
    return _figure(name, cells, ground, scale, look.colour_map, look.smooth, lines)


def difference_map(
    name: str, values: Tensor, ground: Ground, look: Look, most: float | None = None, beside: float | None = None
) -> str:
    """A signed difference of two maps on a scale from -`most` to `most`, or one of its own.

    Its numbers take the power of ten of `beside`, where the scale of those two maps ends.
    """
    cells = values.numpy()
    most = most or upper_end(np.abs(cells)) or 1e-12
    return _figure(name, cells, ground, (-most, most), DIVERGING, look.smooth, "", beside)


def small_map(name: str, values: Tensor, pixels: Tensor, scale: tuple[float, float], look: Look) -> str:
    """A map (gh, gw) over pixels (3, s, s) as a small picture; `name` says what it shows."""
    low, high = scale
    shares = (values.numpy() - low) / max(high - low, 1e-12)
    heat = data_uri(to_image(shares, look.colour_map))
    return (
        f'<span class="small-map" role="img" aria-label="{esc(name)}"><img src="{copy_of(pixels, grey=True)}" alt="">'
        f'<img class="heat" src="{heat}" alt=""></span>'
    )


def upper_end(*maps: np.ndarray) -> float:
    """Where a scale for all of `maps` ends: their 0.99 quantile, so that one patch does not blacken the others."""
    return float(np.quantile(np.concatenate([m.ravel() for m in maps]), CLIP))


def outlined(values: Tensor) -> np.ndarray:
    """Which cells of a map (gh, gw) are outlined, bool of the same shape: its strongest fifth.

    Cells below `FLOOR` of the largest value are left out: where a map is all but zero, their order is rounding.
    """
    return (engine.measures.top_cells(values) & (values >= FLOOR * values.max())).numpy()


def to_image(values: np.ndarray, colours: str = "viridis") -> np.ndarray:
    """Values in [0, 1] as uint8 RGB."""
    return (matplotlib.colormaps[colours](np.clip(values, 0, 1))[..., :3] * 255).round().astype(np.uint8)


def data_uri(pixels: np.ndarray, kind: str = "PNG", **options: int) -> str:
    """A small picture inside the page itself."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _figure(
    name: str, cells: np.ndarray, ground: Ground, scale: tuple[float, float], colours: str, smooth: bool, lines: str,
    beside: float | None = None,
) -> str:  # fmt: skip
    rows, columns = cells.shape
    low, high = scale
    shares = (cells - low) / max(high - low, 1e-12)
    fills = None if smooth else to_image(shares, colours)
    layer = (_smooth(shares, colours, rows, columns) if smooth else "") + _patches(cells, fills)
    peak = np.unravel_index(int(np.abs(cells).argmax()), cells.shape)
    strongest = float(cells[peak])
    flat = bool(cells.min() == cells.max())
    place = f"row {peak[0] + 1} of {rows}, column {peak[1] + 1} of {columns}"
    label = f"{name}: " + (text.FLAT if flat else f"strongest in {place}, value {short(strongest)}")
    said = text.FLAT if flat else _strongest(strongest, low, high, beside)
    return (
        f'<figure class="map{" wide" * ground.is_wide}"><figcaption>{esc(name)}</figcaption>'
        f"{drawn_on(ground, layer, lines, cells.shape, label, CELL)}{numbered_bar(low, high, colours, beside)}"
        f'<p class="fine">{esc(said)}</p></figure>'
    )


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
    uri = data_uri(to_image(np.asarray(enlarged), colours))
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


def numbered_bar(low: float, high: float, colours: str, beside: float | None = None) -> str:
    """The colours of a scale from `low` to `high` with its numbers, in the power of ten of `beside`, if given."""
    like = beside or high
    ends = (("≤ " if low < 0 else "") + short(low, like), short((low + high) / 2, like), "≥ " + short(high, like))
    return colour_bar(ends, colours)


def colour_bar(ends: tuple[str, str, str], colours: str) -> str:
    """The colours of a scale, with what its left end, its middle and its right end mean."""
    stops = ", ".join(f"#{bytes(colour).hex()}" for colour in to_image(np.linspace(0, 1, 9), colours))
    numbers = "".join(f"<span>{esc(end)}</span>" for end in ends)
    return (
        f'<div class="colour-bar"><div style="background:linear-gradient(to right, {stops})"></div>'
        f'<div class="numbers">{numbers}</div></div>'
    )


def _strongest(value: float, low: float, high: float, beside: float | None) -> str:
    """The largest value of a map, and how far it lies beyond the end of its scale: colours cannot tell that."""
    end = max(-low, high)
    beyond = f", {abs(value) / end:.3g}\u00a0× the scale's end" if abs(value) > BEYOND * end else ""
    return f"strongest cell {'+' if low < 0 < value else ''}{short(value, beside or end)}{beyond}"
