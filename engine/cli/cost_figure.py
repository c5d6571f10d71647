"""A picture of how the cost of a defended picture grows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import EngineError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..benchmarks.growth import Series

LINES: dict[str, dict[str, Any]] = {  # R-TPT and TPT cost nearly the same: the one is drawn inside the other
    "a-tpt": {"label": "A-TPT", "color": "#c2410c", "marker": "o", "ms": 5, "lw": 1.8},
    "r-tpt": {"label": "R-TPT", "color": "#7fb3dc", "marker": "o", "ms": 9, "lw": 5},
    "tpt": {"label": "TPT", "color": "#123f63", "marker": "o", "ms": 4, "lw": 1.5},
}
TITLES = {
    "views": ("Views, at {classes} classes", "number of views"),
    "classes": ("Classes, at {views} views", "number of classes"),
    "pixels a side": ("Resolution, at {views} views, {classes} classes", "side of the picture (pixels)"),
}
INK, GRID = "#333333", "#dddddd"
STYLE = {"font.size": 10, "axes.edgecolor": INK, "text.color": INK, "axes.labelcolor": INK, "xtick.color": INK}


def save_cost_figure(panels: Sequence[Series], title: str, file: Path) -> None:
    """One panel a series, all on one scale of seconds, written in the format that the name of `file` ends in.

    Raises `EngineError` for a file that cannot be written and a format that there is not.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({**STYLE, "ytick.color": INK}):
        figure = Figure((3.6 * len(panels) + 0.4, 3.7), layout="constrained")
        axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for one, series in zip(axes, panels, strict=True):
            _draw(one, series)
        axes[0].set_ylabel("seconds for one picture")
        axes[0].legend(frameon=False, loc="upper left")
        figure.suptitle(title, fontsize=11, x=0.01, ha="left")
        try:
            figure.savefig(file, dpi=160)
        except (OSError, ValueError) as error:
            raise EngineError(f"The figure cannot be written to “{file}”: {error}") from error


def _draw(axes: Axes, series: Series) -> None:
    title, label = TITLES[series.varied]
    for name, line in LINES.items():
        axes.plot(series.values, series.seconds[name], **line)
    axes.set_title(title.format(views=series.views, classes=series.classes), fontsize=10, loc="left", fontweight="bold")
    axes.set_xlabel(label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(series.values, [f"{value:,}" for value in series.values])
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.minorticks_off()
    axes.grid(axis="y", color=GRID, lw=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
