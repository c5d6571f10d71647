"""The figures of the export, drawn by matplotlib on white; the page itself draws its own."""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

import engine
from app.figures.bars import rows_of
from app.figures.contrast import readable_on
from app.figures.ground import Ground
from app.figures.html import percent
from app.figures.judged import warned
from app.figures.maps import scale_of_moves, scale_of_pair, subject
from app.figures.pictures import to_uint8
from app.figures.poster import BARS, frames, title_of, veiled_by
from app.figures.threat import made_by
from app.originals import decoded_copy
from app.present import present
from app.state.found import Found
from app.state.shown import Shown
from app.text import words as text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import FuncNorm
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

CLEAN, ATTACKED, DEFENDED, DRIVES, OTHER = "#2563c9", "#c8480c", "#0a7a5c", "#a8327e", "#8590a2"
AMBER, GREY, INK = "#8a5a00", "#5d6b7e", "#000000"
POSTER = {"clean": CLEAN, "attacked": ATTACKED, "defended": DEFENDED, "untuned": GREY}
STYLE = {"fontsize": 9}
TICKS = (0, 0.25, 0.5, 0.75, 1)  # of the length of a colour bar
KINDS: dict[str, dict[str, Any]] = {
    "png": {"dpi": 160}, "svg": {"metadata": {"Date": None}}, "pdf": {"metadata": {"CreationDate": None}},
}  # fmt: skip


def printed(found: Found, model: str) -> dict[str, Figure]:
    """Every figure for which there are results, by name; in amber below it, that no answer is right or wrong.

    `model` is the name of the one that answers.
    """
    drawers: dict[str, tuple[object, Callable[[Found], Figure]]] = {
        "attack": (found.adversarial, _attack),
        "maps": (found.maps, _maps),
        "maps-of-the-answer": (found.maps and found.maps.rival, _rival),
        "tuning": (found.steps, _tuning),
        "defences": (found.defences, _defences),
        "poster": (found.adversarial and (found.defences or found.ensemble), partial(printed_poster, model=model)),
    }
    return cautious(found, {name: draw(found) for name, (result, draw) in drawers.items() if result})


def cautious(found: Found, figures: dict[str, Figure]) -> dict[str, Figure]:
    """The figures, in amber below them, where it is so, that no answer is right or wrong."""
    if found.unjudged:
        said = textwrap.fill(warned(found), 100)
        for figure in figures.values():
            figure.supxlabel(said, color=AMBER, fontsize=9)
    return figures


def as_files(figure: Figure) -> dict[str, bytes]:
    """The content of a file of each of `KINDS`; its parts are laid out once."""
    lay_out(figure)
    return {kind: as_file(figure, kind) for kind in KINDS}


def lay_out(figure: Figure) -> None:
    """Give every part its place, for good; the poster's have theirs."""
    layout = figure.get_layout_engine()
    if layout is not None:
        for _ in range(2):  # what pictures of a fixed shape leave free is known the second time
            layout.execute(figure)
        figure.set_layout_engine("none")


def as_file(figure: Figure, kind: str) -> bytes:
    """The content of a file of one of `KINDS`: on white, whatever the page's theme is, its letters in the file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, facecolor="white", **KINDS[kind])
    return buffer.getvalue()


def _attack(found: Found) -> Figure:
    result = present(found.adversarial)
    named = [(f"attacked: {wrapped(result.after_saved.name)}", result.saved)]
    if result.clean is not None:
        size = max(result.linf(), 1 / 255)
        change = (0.5 + result.change / (2 * size)).clamp(0, 1)
        named.insert(0, (f"clean: {wrapped(result.known_before.name)}", result.clean))
        named.append((f"the change, ±{255 * size:.0f}/255 fills the scale", change))
    figure = empty(10, 3.2)
    *pictures, curves = figure.subplots(1, len(named) + 1, width_ratios=(*(1 for _ in named), 1.5))
    for axes, (title, pixels) in zip(pictures, named, strict=True):
        axes.imshow(to_uint8(pixels), interpolation="nearest")
        bare(axes, title)
    if result.steps:
        line(curves, [step.loss for step in result.steps], ATTACKED, "iteration", "loss (nats)", 1)
    elif not result.made_here:
        curves.set_axis_off()
    return figure


def _maps(found: Found) -> Figure:
    pair = present(found.maps)
    return _compared(found, pair.clean, pair.attacked)


def _rival(found: Found) -> Figure:
    return _compared(found, *present(present(found.maps).rival))


def _compared(found: Found, before: engine.AttentionMap | None, now: engine.AttentionMap) -> Figure:
    """Clean and attacked map on one scale, and their difference."""
    result, shown = present(found.adversarial), present(found.picture)
    rows = [("attacked", now.raw.numpy(), result.saved)]
    if before is not None:
        rows.insert(0, ("clean", before.raw.numpy(), result.known_clean))
    figure = empty(10, 3.4)
    axes = figure.subplots(1, 3)
    scale = scale_of_pair(present(found.maps))
    for place, (title, cells, pixels) in zip(axes, rows, strict=False):
        scaled = overlaid(place, shown, cells, pixels, "viridis", scale)
        bare(place, title)
        if title == "attacked":
            colour_bar(figure, scaled, [*axes[: len(rows)]], scale, "max")
    if before is not None:
        scale = scale_of_moves(present(found.maps))
        moved = now.raw.numpy() - before.raw.numpy()
        drawn = overlaid(axes[2], shown, moved, result.known_clean, engine.overlays.DIVERGING, scale)
        bare(axes[2], "attacked − clean")
        colour_bar(figure, drawn, [axes[2]], scale, "both")
    else:
        for place in axes[1:]:
            place.set_axis_off()
    kind = engine.MAPS[now.map]
    about = subject(now, present(found.classes).names)
    figure.suptitle(f"{kind.title}: evidence for {about}" if kind.class_specific else kind.title, fontsize=10)
    return figure


def empty(width: float, height: float) -> Figure:
    """A figure of that many inches, with nothing in it."""
    from matplotlib.figure import Figure  # 0.4 s, which a page's start can do without

    return Figure((width, height), layout="constrained")


def colour_bar(figure: Figure, drawn: AxesImage, beside: list[Axes], scale: engine.overlays.Scale, extend: str) -> None:
    """The colours of a scale with its values, and the root that it has."""
    bar = figure.colorbar(drawn, ax=beside, shrink=0.8, extend=extend, ticks=scale.values(TICKS))
    bar.set_ticklabels([f"{value:.2g}" for value in scale.values(TICKS)])
    bar.set_label(text.ROOTS[scale.root], fontsize=8)


def norm_of(scale: engine.overlays.Scale) -> FuncNorm:
    """The scale as matplotlib takes it; one of flat maps has a length all the same."""
    from matplotlib.colors import FuncNorm  # as in `empty`

    return FuncNorm((scale.shares, scale.values), scale.low, max(scale.high, scale.low + 1e-12))


def overlaid(
    axes: Axes, shown: Shown, cells: np.ndarray, pixels: Tensor, colours: str, scale: engine.overlays.Scale
) -> AxesImage:
    """A map over pixels in grey, at their place in the whole picture."""
    ground = Ground.of(shown, pixels)
    if shown.original is not None:
        width, height = ground.size
        axes.imshow(decoded_copy(shown.original), extent=(0, width, height, 0))
    left, top, across, down = ground.seen
    place = (left, left + across, top + down, top)
    axes.imshow(pixels.mean(0).numpy(), cmap="gray", vmin=0, vmax=1, extent=place)
    drawn = axes.imshow(cells, cmap=colours, norm=norm_of(scale), alpha=0.7, extent=place, interpolation="nearest")
    left, top, across, down = ground.window
    axes.set_xlim(left, left + across)
    axes.set_ylim(top + down, top)
    return drawn


def _tuning(found: Found) -> Figure:
    steps = found.steps
    figure = empty(10, 3.2)
    loss, entropies = figure.subplots(1, 2)
    line(loss, [step.loss for step in steps], GREY if found.unjudged else DEFENDED, "step", "loss (nats)", 0)
    first, last, kept = steps[0].entropies, steps[-1].entropies, set(steps[-1].kept.tolist())
    for view, (before, after) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        driving = view in kept
        entropies.plot((0, 1), (before, after), color=DRIVES if driving else OTHER, lw=1.6 if driving else 0.6)
    entropies.set_xticks((0, 1), ("untuned", f"after {steps[-1].index}"))
    entropies.set_ylim(0, math.log(len(present(found.classes))))
    entropies.set_ylabel("entropy of a view (nats)", **STYLE)
    entropies.set_title("magenta: views that drive the tuning", **STYLE)
    return figure


def printed_poster(found: Found, model: str) -> Figure:
    """The pictures of the poster in a row, each above its answer and the rows that it has on the page."""
    from matplotlib.figure import Figure  # as in `empty`, but placed by hand: words below pictures take what they need

    shown = frames(found)
    by = made_by(present(found.adversarial)) or text.ELSEWHERE_CARD
    origin = f"{present(found.picture).name} · {title_of(model)} · {by}"
    figure, column = Figure((4.4 * len(shown), 7)), 1 / len(shown)
    for place, frame in enumerate(shown):
        left, colour = place * column, POSTER[frame.tone(found)]
        middle = left + column / 2
        ink = INK if frame.fails(found) else colour
        figure.text(middle, 0.951, frame.title, fontsize=14, color=ink, fontweight="bold", ha="center", va="center")
        picture = figure.add_axes((left + 0.06 * column, 0.4, 0.88 * column, 0.53), anchor="N")
        picture.imshow(frame.picture)
        picture.set_axis_off()
        word, tone = ("", GREY) if frame.unjudged(found) else _mark(found, frame.answer)
        says, sure = frame.says(found)
        name, size = _fitted(says, ((28, 16), (38, 12)), 3)
        said = f"{name}\n{_fitted(sure, ((28, 16), (38, 12)), 2)[0]}"
        figure.text(middle, 0.385, said, fontsize=size, fontweight="bold", ha="center", va="top")
        figure.text(middle, 0.25, word, fontsize=11, color=tone, fontweight="bold", ha="center", va="center")
        bars = figure.add_axes((left + 0.47 * column, 0.11, 0.36 * column, 0.115))
        _rows(bars, rows_of(frame.answer, BARS, found.reference, found.given), colour)
    starred = "" if found.reference is None else text.REFERENCE_SHORT[found.given]
    veil = veiled_by(found) if shown[-1].kind == "defended" else ""
    below = " · ".join(filter(None, (starred, veil)))
    figure.text(0.5, 0.072, below, fontsize=8, color=GREY, ha="center", va="top")
    said = textwrap.fill(origin, 52 * len(shown))
    figure.text(0.5, 0.995, said, fontsize=8, color=GREY, ha="center", va="top", linespacing=1)
    return figure


def _rows(bars: Axes, rows: list[tuple[str, float, str]], colour: str) -> None:
    """Classes as bars, each with its share behind it, and before its name the sign of its mark, which stands below."""
    places = [*range(len(rows))]
    bars.barh(places, [share for _, share, _ in rows], color=colour)
    labels = [_fitted(f"{mark[:1]} {name}".strip(), ((27, 7.5), (36, 6)), 3) for name, _, mark in rows]
    bars.set_yticks(places, [label for label, _ in labels], fontsize=min(size for _, size in labels))
    for place, (_, share, _) in enumerate(rows):
        bars.text(1.03, place, percent(share), fontsize=7.5, va="center")
    bars.set_xlim(0, 1)
    bars.set_ylim(len(rows) - 0.5, -0.5)
    bars.tick_params(axis="x", labelsize=7.5)


def _fitted(name: str, ways: tuple[tuple[int, float], tuple[int, float]], most: int) -> tuple[str, float]:
    """A name on lines, and the size of its letters: the first of the `ways`, each letters of a line and their size,
    while it fits on fewer than `most` lines, else the second, cut where it takes more."""
    (across, size), (more, smaller) = ways
    lines = textwrap.wrap(name, across)
    if len(lines) < most:
        return "\n".join(lines), size
    return textwrap.fill(name, more, max_lines=most, placeholder=" …"), smaller


def poster_file(found: Found, model: str) -> Figure:
    """The poster as it is saved by itself: in amber below it, where it is so, that no answer is right or wrong."""
    return cautious(found, {"poster": printed_poster(found, model)})["poster"]


def _defences(found: Found) -> Figure:
    figure = empty(8, 0.9 + 0.34 * len(found.defences))
    axes = figure.subplots()
    titles = [engine.DEFENCES[d.defence].title for d in found.defences]
    shares = [float(d.prediction.probabilities[present(found.reference)]) for d in found.defences]
    marks = [_mark(found, d.prediction) for d in found.defences]
    axes.barh(titles, shares, color=[colour for _, colour in marks])
    for row, (share, (word, colour)) in enumerate(zip(shares, marks, strict=True)):
        place, side, tone = (share - 0.01, "right", readable_on(colour)) if share > 0.5 else (share + 0.01, "left", INK)
        axes.text(place, row, word, va="center", ha=side, color=tone, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel(f"share given to “{present(found.classes).names[present(found.reference)]}”", **STYLE)
    return figure


def _mark(found: Found, answer: engine.Prediction) -> tuple[str, str]:
    """What an answer is, in a word and a colour."""
    if found.abstains(answer):
        return text.NONE_MARK, GREY
    good = found.right(answer)
    if found.unjudged:
        return text.STRANGE_MARK[good], GREY
    return text.AS_ASKED[found.given][good], DEFENDED if good else ATTACKED


def line(axes: Axes, values: list[float], colour: str, x_name: str, y_name: str, first: int) -> None:
    axes.plot(range(first, first + len(values)), values, color=colour, marker="o", ms=3)
    axes.set_xlabel(x_name, **STYLE)
    axes.set_ylabel(y_name, **STYLE)
    low, high = min(0, *values), max(0, *values)
    axes.set_ylim(low, high + 0.05 * (high - low) or 1)
    axes.locator_params(axis="x", integer=True)


def bare(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=8)
    axes.set_xticks([])
    axes.set_yticks([])


def wrapped(name: str, width: int = 28) -> str:
    """A class name on two lines where it is long, cut where it takes more; figures are narrow."""
    return textwrap.fill(name, width, max_lines=2, placeholder=" …")
