"""Evaluations as tables: a defence a row, an arm (clean pictures or one attacker) a column; shares with intervals."""

from __future__ import annotations

from collections.abc import Sequence

import engine
from app.figures.html import caption, esc, presented, section, table
from app.figures.threat import limit_kept, titled_kept
from app.measured import Arm, Measured
from app.text import many as text

FEWEST = 30  # pictures of a table that still grows; of fewer, its shares say next to nothing
WIDEST = 5  # columns of a table, as many as a telephone has room for


def measured_button() -> str:
    """The button that opens the tables from another step."""
    label = esc(text.MEASURED_GO)
    return f'<div class="further"><button type="button" data-open-step="7" data-bring="measured">{label}</button></div>'


def measured_tables(evaluations: Sequence[Measured]) -> str:
    """The tables of all evaluations, one below the other, of those that grow with `FEWEST` pictures or more; empty
    where there are none."""
    drawn = "".join(_drawn(one) for one in evaluations if one.finished or one.pictures >= FEWEST)
    if not drawn:
        return ""
    return f'<div id="measured" class="measured">{drawn}{caption(text.MEASURED_CAPTION)}</div>'


def _drawn(evaluation: Measured) -> str:
    title, description = text.MEASURED[evaluation.name]
    so_far = "" if evaluation.finished else text.MEASURED_SO_FAR.format(pictures=evaluation.plan["pictures"])
    hint = text.MEASURED_HINT.format(pictures=evaluation.pictures, so_far=so_far, views=evaluation.views)
    parts = -(-len(evaluation.arms) // WIDEST)
    each = -(-len(evaluation.arms) // parts)
    drawn = "".join(_table(evaluation, evaluation.arms[at * each : (at + 1) * each], title) for at in range(parts))
    brief = text.MEASURED_SHORT.get(evaluation.name, "").format(pictures=evaluation.pictures)
    said = f'<p class="fine">{esc(description)} {esc(_best(evaluation))}</p>'
    return section(title, f"{said}{presented(brief)}{drawn}", hint)


def _table(evaluation: Measured, arms: Sequence[Arm], title: str) -> str:
    heads = ("Method", *(_head(arm) for arm in arms))
    rows = [(_defence(name), *(_cell(arm, name) for arm in arms)) for name in evaluation.defences]
    return table(heads, rows, title, "intervals")


def _best(evaluation: Measured) -> str:
    """In words: which defence is right most often in each column, and on what share; nothing while the table grows."""
    if not evaluation.finished:
        return ""
    best = []
    for arm in evaluation.arms[1:]:
        share = max(arm.accuracy.values())
        names = " and ".join(engine.DEFENCES[name].title for name, found in arm.accuracy.items() if found == share)
        best.append(f"{_head(arm)}: {f'{names}, {100 * share:.1f} %' if share else 'none'}")
    return text.MEASURED_BEST.format(best="; ".join(best))


def _head(arm: Arm) -> str:
    if arm.attack is None:
        return "Not attacked"
    return f"{titled_kept(arm.attack)}, {limit_kept(arm.attack)}"


def _defence(name: str) -> str:
    defence = engine.DEFENCES[name]
    return f'<span class="defence" title="{esc(defence.explanation)} {esc(defence.source)}">{esc(defence.title)}</span>'


def _cell(arm: Arm, defence: str) -> str:
    """A dot with whiskers, and the same in figures; nothing where the defence was not asked."""
    if defence not in arm.accuracy:
        return ""
    at, (low, high) = 100 * arm.accuracy[defence], (100 * bound for bound in arm.intervals[defence])
    kind = "clean" if arm.attack is None else "attacked"
    scale = (
        f'<svg class="whisker {kind}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="whole" x="0" y="3.2" width="100" height="1.6"/>'
        f'<rect class="reach" x="{low:.1f}" y="1.8" width="{max(high - low, 0.8):.1f}" height="4.4"/>'
        f'<rect class="at" x="{min(max(at - 0.6, 0), 98.8):.1f}" y="0" width="1.2" height="8"/></svg>'
    )
    return f'{scale}<b>{at:.1f}</b> <small title="{esc(text.WILSON)}">{low:.0f}–{high:.0f} %</small>'
