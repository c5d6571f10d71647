"""What became of an attack behind each change that happens to pictures: two dots a row, and the answers as a table."""

from __future__ import annotations

import math

import engine
from app.figures.html import differing, esc, mark, note, section, signed, table
from app.figures.judged import caution
from app.present import present
from app.state.found import Found
from app.text import survival as text
from app.text.counted import counted

WIDTH, ROW, TOP, LEFT, EDGE = 430, 19, 26, 122, 14
SIGNS = {"clean": "●", "attacked": "▲"}
TICKS = (-30, -10, -3, -1, 0, 1, 3, 10, 30)  # of the axis, which is stretched around 0


def survival_figure(found: Found) -> str:
    """The sentence, the drawing and the table."""
    survived = present(found.survival)
    said = _said(found, survived)
    wanted = text.HINT.format(wanted=text.WANTED[found.given])
    tone = "plain" if found.unjudged else "calm"
    rows = table(text.HEADS, (_row(found, survived, row) for row in survived.rows), text.TITLE, "stacks")
    answers = f"<details><summary>{text.TABLE}</summary>{rows}</details>"
    return section(text.TITLE, caution(found) + note(said, tone) + _drawn(survived, said) + answers, wanted)


def _said(found: Found, survived: engine.story.Survival) -> str:
    counts, of = survived.counts(), len(survived.rows) - 1
    if found.unjudged:
        return text.SAID_STRANGE
    if not survived.fooled:
        return text.SAID_MISSED[bool(found.given)].format(of=of, **counts)
    known = survived.rows[0].clean is not None
    return counted(text.SAID[bool(found.given)] if known else text.SAID_UNKNOWN, of=of, **counts)


def _called(row: engine.story.Survived) -> str:
    """A change in few words."""
    return engine.transformations.TRANSFORMATIONS[row.name].title if row.name else text.NONE


def _drawn(survived: engine.story.Survival, said: str) -> str:
    """Both leads of every change on one stretched axis."""
    leads = [_leads(survived, row) for row in survived.rows]
    flat = [lead for pair in leads for lead in pair.values()]
    low, high = math.asinh(min(*flat, -1.0)), math.asinh(max(*flat, 1.0))
    bottom = TOP + ROW * len(leads)

    def x(lead: float) -> float:
        return LEFT + EDGE + (math.asinh(lead) - low) / (high - low) * (WIDTH - LEFT - 2 * EDGE)

    shown = [tick for tick in TICKS if low <= math.asinh(tick) <= high]
    axis = "".join(
        f'<line class="{"grid" if tick else "even"}" x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{TOP - 6}"'
        f' y2="{bottom}"/><text class="tick" x="{x(tick):.1f}" y="{TOP - 11}" text-anchor="middle">{signed(tick, 0)}'
        "</text>"
        for tick in shown
    )
    rows = "".join(
        _dots(_called(row), pair, TOP + ROW * (place + 0.5), x)
        for place, (row, pair) in enumerate(zip(survived.rows, leads, strict=True))
    )
    keys = "".join(
        f'<span class="key {kind}"><span aria-hidden="true">{SIGNS[kind]}</span>{text.NAMES[kind]}</span>'
        for kind in leads[0]
    )
    described = esc(text.ALT.format(count=len(leads) - 1, said=said.replace("**", "")))
    return (
        f'<div class="legend signs-of">{keys}</div><svg class="curve survival" viewBox="0 0 {WIDTH} {bottom + 6}"'
        f' role="img" aria-label="{described}">{axis}{rows}</svg>'
    )


def _leads(survived: engine.story.Survival, row: engine.story.Survived) -> dict[str, float]:
    named = {"clean": row.clean, "attacked": row.attacked}
    return {name: answer.lead(survived.label) for name, answer in named.items() if answer is not None}


def _dots(name: str, leads: dict[str, float], y: float, x) -> str:
    ends = [x(lead) for lead in leads.values()]
    line = f'<line class="between" x1="{min(ends):.1f}" x2="{max(ends):.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
    signs = "".join(_sign(kind, x(lead), y, f"{name}: {signed(lead, 1)}") for kind, lead in leads.items())
    return f'<text class="tick row" x="{LEFT}" y="{y + 4:.1f}" text-anchor="end">{esc(name)}</text>{line}{signs}'


def _sign(kind: str, x: float, y: float, said: str) -> str:
    """A circle for the clean picture, a triangle for the attacked one."""
    title = f"<title>{esc(said)}</title>"
    if kind == "clean":
        return f'<circle class="clean" cx="{x:.1f}" cy="{y:.1f}" r="5">{title}</circle>'
    return f'<path class="{kind}" d="M{x:.1f} {y - 6:.1f}l6 11h-12z">{title}</path>'


def _row(found: Found, survived: engine.story.Survival, row: engine.story.Survived) -> tuple[str, ...]:
    end = survived.outcome(row)
    said = f'<span title="{esc(text.ENDS_WHY[bool(found.given)][end])}">{esc(text.ENDS[end])}</span>'
    said = "" if found.unjudged or not row.name else said
    return esc(_called(row)), _answer(found, survived, row.clean), _answer(found, survived, row.attacked), said


def _answer(found: Found, survived: engine.story.Survival, answer: engine.Prediction | None) -> str:
    if answer is None:
        return ""
    name = differing(answer.name, answer.classes.names[survived.label])
    good = mark(answer.label == survived.label, found.given, found.unjudged)
    return f"{good} {name} <small>{signed(answer.lead(survived.label), 1)}</small>"
