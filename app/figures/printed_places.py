"""The figure of the export on where the pictures of the story went."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import torch

from app.figures.html import signed
from app.figures.places import called_of, leads_of, legend_of, other_words, region_names
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
STRIDE = 25  # points of it between places that a region's name may have
FINE = 400  # points a side of the grid on which regions are filled
LIGHTEST, HEAVIEST = 12, 150  # areas of views


def printed_places(found: Found) -> dict[str, Figure]:
    """The figure by its name, where the pictures were placed."""
    return cautious(found, {} if found.placed is None else {"where-the-pictures-went": _figure(found)})


def _figure(found: Found) -> Figure:
    placed = present(found.placed)
    figure = empty(7.6, 6.4)
    axes = figure.subplots()
    axes.set_aspect("equal", "datalim")
    axes.set_xticks([])
    axes.set_yticks([])
    _views(axes, found)
    axes.plot(*placed.way.T.numpy(), color=ATTACKED, lw=1.5)
    for name, place in placed.pictures.items():
        marker, area, fill, edge = SIGNS[name]
        inside = GREY if found.unjudged and name == "answer" else fill
        axes.scatter(*place, s=area, c=inside, marker=marker, edgecolors=edge, label=legend_of(found)[name], zorder=3)
        if name in called_of(found):
            at = float(place[0]), float(place[1])
            axes.annotate(called_of(found)[name], at, (7, 5), textcoords="offset points", fontsize=8, zorder=4)
    _regions(axes, found)
    axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=3, frameon=False)
    leads = (f"{leads_of(found)[name][0]} {signed(lead, 1)}" for name, lead in placed.leads.items())
    head = text.LEADS.format(first=text.CLASS[found.given], words=other_words(found)[0])
    axes.set_title(f"{head}\n{textwrap.fill('; '.join(leads), 90)}", fontsize=8.5)
    return figure


def _views(axes: Axes, found: Found) -> None:
    """The views, filled where they answer right, their area by their weight."""
    weights, tuned = present(found.ensemble).weights, present(found.placed).tuned.numpy()
    right = found.steps[-1].logits.argmax(-1).numpy() == (-1 if found.unjudged else present(found.reference))
    areas = (LIGHTEST + (HEAVIEST - LIGHTEST) * weights / weights.max()).numpy()
    axes.scatter(*tuned[~right].T, s=areas[~right], facecolors="none", edgecolors=GREY, lw=0.8)
    axes.scatter(*tuned[right].T, s=areas[right], color=DEFENDED, alpha=0.5, lw=0)
    fill, edge = ("none", GREY) if found.unjudged else (DEFENDED, "none")
    axes.scatter([], [], s=60, facecolors=fill, edgecolors=edge, label=legend_of(found)["view"])  # as a key shows it


def _regions(axes: Axes, found: Found) -> None:
    """The regions of the three sentences behind everything, as far as the axes reach, and their names."""
    axes.autoscale_view()
    axes.apply_aspect()
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    across, up = torch.meshgrid(torch.linspace(left, right, FINE), torch.linspace(low, high, FINE), indexing="xy")
    best = present(found.placed).plane.leads(torch.stack([across, up], -1)).argmax(-1)
    levels = [-0.5, 0.5, 1.5, 2.5]
    axes.contourf(across, up, best, levels, colors=PLAIN if found.unjudged else TINTS, zorder=0)
    placed = present(found.placed)
    points = torch.cat([placed.tuned, placed.way, torch.stack([*placed.pictures.values()])])
    spots = torch.stack([across, up], -1)[STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE].reshape(-1, 2)
    free = torch.cdist(spots, points).min(-1).values
    regions = placed.plane.leads(spots).argmax(-1)
    for place, name in enumerate(region_names(found)):
        own = regions == place
        if own.any():
            x, y = spots[torch.where(own, free, -1.0).argmax()].tolist()
            axes.text(x, y, name, fontsize=9, color=GREY, ha="center", va="center", zorder=1, clip_on=True)
    axes.set_aspect("equal", "box")
    axes.set(xlim=(left, right), ylim=(low, high))
