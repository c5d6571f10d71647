"""The pictures of a story as points on the plane of three sentences, with the regions in which each fits best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch

import engine
from app.figures.html import chips, differing_words, esc, percent, section, signed
from app.figures.judged import caution, defended
from app.figures.labels import Labels, Point
from app.figures.plane import Frame
from app.present import present
from app.state.found import Found
from app.text import places as text

WIDTH, HEIGHT = 480, 400
SMALLEST, LARGEST = 2.4, 8.0  # radius of a view that weighs nothing, and of the heaviest


def places_figure(found: Found) -> str:
    """The drawing with its legend, the leads as numbers, and what they say."""
    placed = present(found.placed)
    frame = Frame(placed, WIDTH, HEIGHT)
    at = {kind: frame.at(place) for kind, place in placed.marks.items()}
    labels = Labels(WIDTH, HEIGHT, at.values(), map(frame.at, [*placed.tuned, *placed.way]))
    called = "".join(
        labels.beside(said, at[kind]).svg(kind) for kind, said in words_of(found).called.items() if kind in at
    )
    drawn = _regions(found, frame, labels) + _views(found, placed, frame) + _paths(placed, frame)
    drawn += "".join(_mark(kind, place, found) for kind, place in at.items()) + called
    leads = placed.leads
    names = {kind: name for kind, (name, _) in words_of(found).leads.items()}
    described = ", ".join(f"{names[kind]} {signed(lead, 1)}" for kind, lead in leads.items())
    svg = (
        f'<svg class="curve places" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="'
        f'{esc(text.ALT_FIGURE.format(views=len(placed.tuned), leads=described))}">{drawn}</svg>'
    )
    return section(text.TITLE, caution(found) + _legend(found, placed) + svg + _numbers(found, leads), text.HINT)


@dataclass(frozen=True, slots=True)
class Words:
    """Of each picture on the plane, in the order of the story: what its sign is, what the label beside that says, and
    the name of its lead with what that is the lead of."""

    legend: Mapping[str, str]
    called: Mapping[str, str]
    leads: Mapping[str, tuple[str, str]]


def words_of(found: Found) -> Words:
    """The words; of an attack that has a null arm of its own, with that in place of noise."""
    null = present(found.adversarial).null
    if null is None:
        return Words(text.LEGEND, text.CALLED, text.LEAD_OF)
    legend = text.LEGEND | {"noise": text.NULL.format(what=null.what)}
    leads = text.LEAD_OF | {"noise": (text.NULL_LEAD, null.what)}
    return Words(legend, text.CALLED | {"noise": text.NULL_CALLED}, leads)


def among_three(found: Found) -> Sequence[bool]:
    """Of each view, whether its answer is one of the three classes of the plane; the points of the others are
    squares."""
    three = present(found.placed).plane.classes
    return torch.isin(found.steps[-1].logits.argmax(-1), three).tolist()


def _regions(found: Found, frame: Frame, labels: Labels) -> str:
    """The part of the drawing in which each of the three sentences fits best, and their names."""
    regions, names = "", ""
    for corners, kind, name in zip(frame.regions(), ("first", "second", "third"), region_names(found), strict=True):
        if corners:
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
            regions += f'<polygon class="region {"plain" if found.unjudged else kind}" points="{path}"/>'
            names += labels.within(name, corners).svg("region")
    return regions + names


def region_names(found: Found) -> list[str]:
    """The three classes in few words: the attacked one, then the two others."""
    second, third = other_words(found)
    fooled = present(found.adversarial).fooled and not found.unjudged
    named = (text.REGION_ATTACK if fooled else text.REGION_OTHER).format(words=second)
    return [text.REGION[found.given], named, text.REGION_OTHER.format(words=third)]


def other_words(found: Found) -> list[str]:
    """The words that set the second and the third class apart from the first."""
    names = present(found.classes).names
    first, *others = present(found.placed).plane.classes.tolist()
    return [" ".join(differing_words(names[other], names[first])) for other in others]


def _views(found: Found, placed: engine.story.Places, frame: Frame) -> str:
    weights = present(found.ensemble).weights
    last, most = found.steps[-1], float(weights.max())
    answers = last.logits.argmax(-1)
    known = among_three(found)
    order = weights.argsort(descending=True, stable=True).tolist()  # small ones above large ones
    return "".join(
        _view(found, view, frame.at(placed.untuned[view]), frame.at(placed.tuned[view]), int(answers[view]),
              float(last.logits[view].softmax(-1).max()), float(weights[view]), float(weights[view]) / most,
              known[view])
        for view in order
    )  # fmt: skip


def _view(
    found: Found, view: int, before: Point, at: Point, answer: int, sure: float, weight: float, size: float, known: bool
) -> str:
    x, y = at
    radius = SMALLEST + (LARGEST - SMALLEST) * size**0.5
    kind = "right" if answer == found.reference and not found.unjudged else "other"
    said = text.VIEW_POINT.format(
        view=view, name=present(found.classes).names[answer], share=percent(sure), weight=percent(weight)
    ) + text.VIEW_FOURTH * (not known)
    shape = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>'
        if known
        else f'<rect x="{x - radius:.1f}" y="{y - radius:.1f}" width="{2 * radius:.1f}" height="{2 * radius:.1f}"/>'
    )
    hair = f'<line x1="{before[0]:.1f}" y1="{before[1]:.1f}" x2="{x:.1f}" y2="{y:.1f}"/>'
    return f'<g class="view {kind}" data-index="{view}"><title>{esc(said)}</title>{hair}{shape}</g>'


def _paths(placed: engine.story.Places, frame: Frame) -> str:
    """The attack's way, and the way of the attacked picture under the prompt's steps."""
    ways = (("attacked", placed.way), ("tuned", placed.tuning))
    return "".join(
        f'<polyline class="way {kind}" points="{" ".join("{:.1f},{:.1f}".format(*frame.at(place)) for place in way)}"/>'
        for kind, way in ways
    )


def _mark(kind: str, at: Point, found: Found, small: float = 4) -> str:
    """The sign of a picture; `small` is the size of that within another."""
    x, y = at
    colour = defended(found) if kind in ("answer", "before", "tuned") else kind
    said = esc(words_of(found).legend[kind])
    return f'<g class="at {kind} {colour}"><title>{said}</title>{_sign(kind, x, y, small)}</g>'


def _sign(kind: str, x: float, y: float, small: float) -> str:
    if kind == "clean":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7"/>'
    if kind == "noise":
        return f'<path d="M{x - 5:.1f} {y - 5:.1f}l10 10m0 -10l-10 10"/>'
    corners: Iterable[Point] = ((0, -9), (9, 0), (0, 9), (-9, 0))
    if kind in ("attacked", "tuned"):
        size = 10 if kind == "attacked" else small
        corners = ((0, -size), (size, 0.8 * size), (-size, 0.8 * size))
    path = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
    return f'<polygon points="{path}"/>'


def _legend(found: Found, placed: engine.story.Places) -> str:
    there = {*placed.marks, "view"}
    entries = "".join(
        f'<span class="key-sign">{_small_sign(kind, found)}{esc(said)}</span>'
        for kind, said in words_of(found).legend.items()
        if kind in there
    )
    return f'<div class="legend places-legend">{entries}</div>'


def _small_sign(kind: str, found: Found) -> str:
    view = f'<g class="view {"other" if found.unjudged else "right"}"><circle cx="11" cy="11" r="5"/></g>'
    shape = view if kind == "view" else _mark(kind, (11, 11), found, 7)
    return f'<svg class="places" viewBox="0 0 22 22" width="18" height="18" aria-hidden="true">{shape}</svg>'


def _numbers(found: Found, leads: dict[str, float]) -> str:
    """The leads as numbers, and in words how much of what the attack took came back by what."""
    head = text.LEADS.format(first=text.CLASS[found.given], words=other_words(found)[0])
    items = [
        (name, signed(leads[kind], 1), why) for kind, (name, why) in words_of(found).leads.items() if kind in leads
    ]
    said = esc(_said(leads, found.unjudged))
    filled = "" if found.unjudged else f'<p class="fine">{esc(text.FILLED[found.given])}</p>'
    return f'{filled}<p class="fine"><b>{esc(head)}</b></p>{chips(items)}<p class="fine">{said}</p>'


def _said(leads: dict[str, float], unjudged: bool) -> str:
    """How much of what the attack took came back; of a picture on which nothing is right, only what moved."""
    back = {kind: leads[kind] - leads["attacked"] for kind in ("tuned", "before", "answer")}
    if "clean" not in leads or unjudged:
        return text.FOUND_UNKNOWN.format(**{kind: signed(gain, 1) for kind, gain in back.items()})
    lost = leads["clean"] - leads["attacked"]
    if lost <= 0:
        return text.GAINED
    moved = {
        kind: (text.GAVE if round(gain, 1) >= 0 else text.TOOK).format(
            size=signed(abs(gain), 1), share=f"{signed(abs(100 * gain / lost), 0)}\u00a0%"
        )
        for kind, gain in back.items()
    }
    return text.FOUND.format(lost=signed(lost, 1), **moved)
