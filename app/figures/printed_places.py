"""The figure of the export on where the pictures of the story went."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from app.figures.html import signed
from app.figures.labels import Label, Labels
from app.figures.places import HEIGHT, WIDTH, Words, among_three, other_words, region_names, words_of
from app.figures.plane import Frame
from app.figures.printed import ATTACKED, CLEAN, DEFENDED, DRIVES, GREY, cautious, empty
from app.present import present
from app.state.found import Found
from app.text import places as text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, TINTS, PLAIN = "#182235", ("#e3f5ee", "#fdeae3", "#f3f5f9"), ("#f3f5f9",) * 3
SIGNS = {  # marker, area in points, fill, edge
    "clean": ("o", 90, CLEAN, "white"), "noise": ("X", 45, INK, "white"), "attacked": ("^", 130, ATTACKED, "white"),
    "tuned": ("^", 22, DRIVES, "white"), "before": ("D", 60, "white", INK), "answer": ("D", 60, DEFENDED, "white"),
}  # fmt: skip
SIDES = {"start": "left", "middle": "center", "end": "right"}
LIGHTEST, HEAVIEST = 12, 150  # areas of views


def printed_places(found: Found) -> dict[str, Figure]:
    """The figure by its name, where the pictures were placed."""
    return cautious(found, {} if found.placed is None else {"where-the-pictures-went": _figure(found)})


def _figure(found: Found) -> Figure:
    """Drawn in the units of the page's own drawing, its labels where they stand there."""
    placed, words = present(found.placed), words_of(found)
    figure = empty(7.6, 6.9)
    axes = figure.subplots()
    axes.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0), xticks=[], yticks=[], aspect="equal")
    frame = Frame(placed, WIDTH, HEIGHT)
    at = {name: frame.at(place) for name, place in placed.marks.items()}
    labels = Labels(WIDTH, HEIGHT, at.values(), map(frame.at, [*placed.tuned, *placed.way]))
    _views(axes, found, frame, words)
    axes.plot(*zip(*map(frame.at, placed.way), strict=True), color=ATTACKED, lw=1.5)
    for name, (x, y) in at.items():
        marker, area, fill, edge = SIGNS[name]
        inside = GREY if found.unjudged and name == "answer" else fill
        axes.scatter(x, y, s=area, c=inside, marker=marker, edgecolors=edge, label=words.legend[name], zorder=3)
    for name, said in words.called.items():
        if name in at:
            _write(axes, labels.beside(said, at[name]), INK)
    tints = PLAIN if found.unjudged else TINTS
    for corners, tint, said in zip(frame.regions(), tints, region_names(found), strict=True):
        if corners:
            axes.fill(*zip(*corners, strict=True), color=tint, zorder=0)
            _write(axes, labels.within(said, corners), GREY)
    axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=3, frameon=False)
    leads = (f"{words.leads[name][0]} {signed(lead, 1)}" for name, lead in placed.leads.items())
    head = text.LEADS.format(first=text.CLASS[found.given], words=other_words(found)[0])
    axes.set_title(f"{head}\n{textwrap.fill('; '.join(leads), 90)}", fontsize=8.5)
    return figure


def _write(axes: Axes, label: Label, colour: str) -> None:
    axes.text(label.x, label.y, label.said, fontsize=9, color=colour, ha=SIDES[label.anchor], va="baseline", zorder=4)


def _views(axes: Axes, found: Found, frame: Frame, words: Words) -> None:
    """The views, filled where they answer right, squares where their answer is none of the three, their area by their
    weight."""
    weights = present(found.ensemble).weights
    at = np.array([frame.at(place) for place in present(found.placed).tuned])
    right = found.steps[-1].logits.argmax(-1).numpy() == (-1 if found.unjudged else present(found.reference))
    areas = (LIGHTEST + (HEAVIEST - LIGHTEST) * weights / weights.max()).numpy()
    known = np.array(among_three(found))
    for marker, shaped in (("o", known), ("s", ~known)):
        hollow, filled = shaped & ~right, shaped & right
        axes.scatter(*at[hollow].T, s=areas[hollow], marker=marker, facecolors="none", edgecolors=GREY, lw=0.8)
        axes.scatter(*at[filled].T, s=areas[filled], marker=marker, color=DEFENDED, alpha=0.5, lw=0)
    fill, edge = ("none", GREY) if found.unjudged else (DEFENDED, "none")
    axes.scatter([], [], s=60, facecolors=fill, edgecolors=edge, label=words.legend["view"])  # as a key shows it
