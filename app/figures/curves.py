"""Line charts as SVG that follows the page's colours; drawn for a column of about 400 pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.figures.html import esc

WIDTH, HEIGHT = 400, 190
LEFT, RIGHT, TOP, BOTTOM = 60, 10, 10, 34


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its name, its colour class and its values at x = first, first + 1, …"""

    name: str
    kind: str
    values: Sequence[float]


def curve(
    title: str, lines: Sequence[Line], x_name: str, y_name: str, last: int, first: int = 0, share: bool = False,
    at: int | None = None,
) -> str:  # fmt: skip
    """Lines over whole numbers from `first` to `last`, the first line on top.

    `share` fixes the scale to 0 … 1, `at` is marked.
    """
    low, high = (0.0, 1.0) if share else _range([v for line in lines for v in line.values])
    x = _scale(first, max(last, first + 1), LEFT, WIDTH - RIGHT)
    y = _scale(low, high, HEIGHT - BOTTOM, TOP)
    drawn = "".join(_line(line, first, x, y) for line in reversed(lines))
    if at is not None:
        drawn += f'<line class="even" x1="{x(at):.1f}" x2="{x(at):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
    described = "; ".join(
        f"{line.name} from {line.values[0]:.3g} to {line.values[-1]:.3g}" for line in lines if line.values
    )
    svg = (
        f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{esc(title)}: {esc(described)}">'
        f"{_y_axis(low, high, y, y_name)}{_x_axis(first, last, x, x_name)}{drawn}</svg>"
    )
    keys = "".join(f'<span class="key {esc(line.kind)}">{esc(line.name)}</span>' for line in lines)
    return f'<div class="legend">{keys}</div>{svg}' if len(lines) > 1 else svg


@dataclass(frozen=True, slots=True)
class Banded:
    """A line with a band: its name, its colour class, and its values, lower and upper ends at the first places of the
    axis, with a sentence for each."""

    name: str
    kind: str
    values: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    said: Sequence[str]


def banded(
    title: str, lines: Sequence[Banded], places: Sequence[str], x_name: str, y_name: str, zero: tuple[str, str]
) -> str:
    """Lines with bands over named places at equal distances, and a line at 0 with a word above it and one below.

    The scale is stretched around 0: it goes by asinh.
    """
    reach = [value for line in lines for value in (*line.low, *line.high)]
    low, high = min(*reach, -1.0), max(*reach, 1.0)
    x = _scale(0, max(len(places) - 1, 1), LEFT + 8, WIDTH - ASIDE)
    even = _scale(math.asinh(low), math.asinh(high), HEIGHT - BOTTOM, TOP)

    def y(value: float) -> float:
        return even(math.asinh(value))

    bands = "".join(_band(line, place, x, y) for place, line in reversed(list(enumerate(lines))))
    drawn = "".join(_marked(line, place, x, y) for place, line in reversed(list(enumerate(lines))))
    ticks = "".join(
        f'<text class="tick" x="{x(place):.1f}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle">{esc(name)}</text>'
        for place, name in enumerate(places)
    )
    named = f'<text class="axis" x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 4}" text-anchor="middle">'
    at, end = y(0.0), WIDTH
    sides = (
        f'<text class="axis" x="{WIDTH}" y="{at - 5:.1f}" text-anchor="end">{esc(zero[0])}</text>'
        f'<text class="axis" x="{WIDTH}" y="{at + 13:.1f}" text-anchor="end">{esc(zero[1])}</text>'
    )
    described = "; ".join(line.said[-1] for line in lines)
    keys = "".join(
        f'<span class="key {esc(line.kind)}"><span aria-hidden="true">{SIGNS[place % len(SIGNS)]}</span>'
        f"{esc(line.name)}</span>"
        for place, line in enumerate(lines)
    )
    return (
        f'<div class="legend signs-of">{keys}</div>'
        f'<svg class="curve banded" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{esc(title)}:'
        f' {esc(described)}">{_y_axis(low, high, y, y_name, AROUND_0)}{ticks}{named}{esc(x_name)}</text>'
        f'<line class="even" x1="{LEFT}" x2="{end}" y1="{at:.1f}" y2="{at:.1f}"/>{bands}{drawn}{sides}</svg>'
    )


SIGNS = "●■▲"  # one for each line, so that colour is not the only cue
ASIDE = 46  # room for the words beside the line at 0
AROUND_0 = (-100.0, -30.0, -10.0, -3.0, -1.0, 0.0, 1.0, 3.0, 10.0, 30.0, 100.0)  # marks of the stretched scale


def _aside(place: int, x):
    """The scale of the line at `place`, a little beside the others', so that lines that fall together are all seen."""
    return lambda at: x(at) + 4 * (place - 1)


def _band(line: Banded, place: int, x, y) -> str:
    x = _aside(place, x)
    upper = [f"{x(at):.1f},{y(value):.1f}" for at, value in enumerate(line.high)]
    lower = [f"{x(at):.1f},{y(value):.1f}" for at, value in enumerate(line.low)]
    return f'<polygon class="band {esc(line.kind)}" points="{" ".join([*upper, *reversed(lower)])}"/>'


def _marked(line: Banded, place: int, x, y) -> str:
    x = _aside(place, x)
    points = [(x(at), y(value)) for at, value in enumerate(line.values)]
    path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
    marks = "".join(
        f"<g><title>{esc(said)}</title>{_sign(line.kind, place, px, py)}</g>"
        for (px, py), said in zip(points, line.said, strict=True)
    )
    return f'<polyline class="{esc(line.kind)}" points="{path}"/>{marks}'


def _sign(kind: str, place: int, px: float, py: float) -> str:
    corners = {
        1: ((-3.4, -3.4), (3.4, -3.4), (3.4, 3.4), (-3.4, 3.4)),
        2: ((0, -4.6), (4.3, 3.2), (-4.3, 3.2)),
    }.get(place % len(SIGNS))
    if corners is None:
        return f'<circle class="sign {esc(kind)}" cx="{px:.1f}" cy="{py:.1f}" r="3.8"/>'
    path = " ".join(f"{px + dx:.1f},{py + dy:.1f}" for dx, dy in corners)
    return f'<polygon class="sign {esc(kind)}" points="{path}"/>'


def bundle(title: str, rows: Sequence[Sequence[float]], kept: set[int], y_name: str) -> str:
    """One thin line a view over the steps from 0, those of the `kept` views above the others and thicker."""
    steps = max(len(rows[0]) - 1, 1)
    low, high = _range([value for row in rows for value in row])
    x, y = _scale(0, steps, LEFT, WIDTH - RIGHT), _scale(low, high, HEIGHT - BOTTOM, TOP)
    order = sorted(range(len(rows)), key=lambda view: view in kept)
    drawn = "".join(_thread(rows[view], view, view in kept, x, y) for view in order)
    first, last = (sum(row[place] for row in rows) / len(rows) for place in (0, -1))
    return (
        f'<svg class="curve threads" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{esc(title)}: mean of'
        f' {len(rows)} views {first:.3f} at first and {last:.3f} now">{_y_axis(low, high, y, y_name)}'
        f"{_x_axis(0, steps, x, 'step')}{drawn}</svg>"
    )


def weight_columns(weights: Sequence[float], kept: set[int], most: float = 0.0) -> str:
    """Weights of all views as columns, in order of number, with the uniform weight as a line.

    The axis ends at the largest weight, or at `most` where that is larger.
    """
    top = max(*weights, 1 / len(weights), most)
    x = _scale(0, len(weights), LEFT, WIDTH - RIGHT)
    y = _scale(0, top, 120, TOP)
    columns = "".join(
        f'<rect class="{"drives" if view in kept else "other"}" x="{x(view) + 0.4:.2f}" y="{y(w):.2f}"'
        f' width="{max(x(1) - x(0) - 0.8, 0.6):.2f}" height="{120 - y(w):.2f}"><title>view {view}:'
        f" {100 * w:.2f} %</title></rect>"
        for view, w in enumerate(weights)
    )
    numbers = "".join(
        f'<text class="tick" x="{(x(view) + x(view + 1)) / 2:.1f}" y="133" text-anchor="middle">{view}</text>'
        for view in (round(tick) for tick in _ticks(0, len(weights)))
        if view < len(weights)
    )
    even = y(1 / len(weights))
    return (
        f'<svg class="curve" viewBox="0 0 {WIDTH} 152" role="img" aria-label="Weight of each of {len(weights)} views;'
        f' the largest is {100 * max(weights):.1f} %, all alike would be {100 / len(weights):.1f} %">{columns}{numbers}'
        f'<line class="even" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{even:.1f}" y2="{even:.1f}"/>'
        f'<text class="tick" x="{LEFT - 6}" y="{TOP + 6}" text-anchor="end">{100 * top:.1f} %</text>'
        f'<text class="tick" x="{LEFT - 6}" y="122" text-anchor="end">0</text>'
        f'<text class="axis" x="{(LEFT + WIDTH) / 2:.0f}" y="149" text-anchor="middle">view number; dashed:'
        f" all alike, {100 / len(weights):.1f} %</text></svg>"
    )


def _thread(values: Sequence[float], view: int, kept: bool, x, y) -> str:
    kind = "drives" if kept else "other"
    points = [(x(step), y(value)) for step, value in enumerate(values)]
    path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
    tooltip = f"<title>view {view}: {values[0]:.4g} at first, {values[-1]:.4g} now</title>"
    dots = "".join(f'<circle class="{kind}" cx="{px:.1f}" cy="{py:.1f}" r="2.2"/>' for px, py in points)
    return f'<g>{tooltip}<polyline class="{kind}" points="{path}"/>{dots}</g>'


def _range(values: Sequence[float]) -> tuple[float, float]:
    finite = [v for v in values if math.isfinite(v)] or [0.0]
    low, high = min(min(finite), 0.0), max(finite)
    return low, high if high > low else low + 1


def _scale(low: float, high: float, start: float, end: float):
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _ticks(low: float, high: float) -> list[float]:
    rough = (high - low) / 4
    step = 10.0 ** math.floor(math.log10(rough))
    step *= next(factor for factor in (1, 2, 5, 10) if step * factor >= rough * 0.999)
    start = math.ceil(low / step - 1e-9)
    return [n * step for n in range(start, math.floor(high / step + 1e-9) + 1)]


def _y_axis(low: float, high: float, y, name: str, ticks: Sequence[float] = ()) -> str:
    """Marks of the axis: at `ticks` where there are any, as far as they lie between `low` and `high`."""
    chosen = [tick for tick in ticks if low <= tick <= high] if ticks else _ticks(low, high)
    marks = "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(v):.1f}" y2="{y(v):.1f}"/>'
        f'<text class="tick" x="{LEFT - 6}" y="{y(v) + 4:.1f}" text-anchor="end">{_tick(v)}</text>'
        for v in (round(t, 10) for t in chosen)
    )
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return (
        f'{marks}<text class="axis" transform="translate(10 {middle:.0f}) rotate(-90)"'
        f' text-anchor="middle">{esc(name)}</text>'
    )


def _tick(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _x_axis(first: int, last: int, x, name: str) -> str:
    every = range(first, max(last, first + 1) + 1)
    whole = every if len(every) <= 9 else sorted({round(t) for t in _ticks(first, last)} | {first})
    marks = "".join(
        f'<text class="tick" x="{x(v):.1f}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle">{v}</text>'
        for v in whole
        if first <= v <= every[-1]
    )
    return (
        f'{marks}<text class="axis" x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 4}"'
        f' text-anchor="middle">{esc(name)}</text>'
    )


def _line(line: Line, first: int, x, y) -> str:
    points = [(x(first + i), y(v)) for i, v in enumerate(line.values)]
    path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
    ends = "".join(
        f'<circle class="{esc(line.kind)}" cx="{px:.1f}" cy="{py:.1f}" r="3"><title>{first + i}:'
        f" {line.values[i]:.4g}</title></circle>"
        for i, (px, py) in enumerate(points)
    )
    return f'<polyline class="{esc(line.kind)}" points="{path}"/>{ends}'
