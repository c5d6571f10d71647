"""A picture of the trade of every detection score: false alarms against what is caught."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import EngineError
from .cost_figure import GRID, INK, STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINES = ("#c2410c", "#123f63", "#4d7c0f", "#7e22ce", "#475569")


def save_roc_figure(detection: dict, pictures: int, file: Path) -> None:
    """A panel an arm with the ROC of every score, from a summary's `detection`; raises `EngineError` for a file that
    cannot be written."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({**STYLE, "ytick.color": INK}):
        figure = Figure((3.4 * len(detection) + 0.4, 3.9), layout="constrained")
        panels = figure.subplots(1, len(detection), sharey=True, squeeze=False)[0]
        for axes, (arm, of_arm) in zip(panels, detection.items(), strict=True):
            _draw(axes, f"{arm}, told from {pictures} clean", of_arm["scores"])
        panels[0].set_ylabel("share of the arm that is flagged")
        try:
            figure.savefig(file, dpi=160)
        except (OSError, ValueError) as error:
            raise EngineError(f"The figure cannot be written to “{file}”: {error}") from error


def _draw(axes: Axes, title: str, scores: dict) -> None:
    axes.plot([0, 1], [0, 1], color=GRID, lw=1)
    for colour, (name, found) in zip(LINES, scores.items(), strict=False):
        label = f"{name}: {found['auroc']:.2f}"
        axes.plot(*zip(*found["roc"], strict=True), color=colour, lw=1.8, label=label)
    axes.set_title(title, fontsize=10, loc="left", fontweight="bold")
    axes.set_xlabel("false alarms among clean pictures")
    axes.set_aspect("equal")
    axes.legend(frameon=False, fontsize=8, loc="lower right", title="AUROC", title_fontsize=8)
