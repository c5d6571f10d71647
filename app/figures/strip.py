"""Step 7 as a table: one row a picture, one column a method, and what the counts of so few pictures leave open."""

from __future__ import annotations

from collections.abc import Sequence

import engine
from app import text
from app.strip import Row, Strip

from .html import differing_words, esc, note, section, table
from .threat import limit, titled


def strip_table(strip: Strip) -> str:
    """The rows so far with their sums above; files that were no pictures below, each with its sentence."""
    refused = "".join(note(sentence, "warn", "!") for sentence in strip.refused)
    if not strip.rows:
        return refused
    methods = [name for name, _ in strip.rows[0].answers]
    titles = [text.STRIP_ATTACKED.format(title=engine.METHODS[name].title) for name in methods]
    heads = ("Picture", "True class", text.STRIP_CLEAN, *titles)
    rows = [*_sums(strip, methods), *(_row(row) for row in strip.rows)]
    attack, views = strip.settings.attack, strip.settings.views
    made = (
        f"{titled(attack.method, attack.through)}, {limit(attack.epsilon, attack.norm)}, {attack.steps} iterations, no"
        f" target; {views.count} views; random seeds from {attack.seed} on"
    )
    told = note(text.STRIP_UNKNOWN_TOLD) if strip.unknown else ""
    drawn = table(heads, rows, "Right and wrong answers on many pictures", "stacks strip")
    return section("Right and wrong, picture by picture", f"{told}{drawn}{refused}", made)


def _sums(strip: Strip, methods: Sequence[str]) -> list[tuple[str, ...]]:
    """Right answers where the true class is known, answers kept where it is not; each row only if it has pictures."""
    known, unknown, sums = len(strip.known), len(strip.unknown), []
    if known:
        shares = [_share(strip.right(name), known) for name in (None, *methods)]
        sums.append(("", text.STRIP_RIGHT.format(pictures=_pictures(known)), *shares))
    if unknown:
        shares = [_share(strip.kept(name), unknown) for name in methods]
        sums.append(("", text.STRIP_KEPT.format(pictures=_pictures(unknown)), "", *shares))
    return sums


def _pictures(count: int) -> str:
    return f"{count} picture{'s' * (count != 1)}"


def _share(hits: int, total: int) -> str:
    low, high = engine.wilson(hits, total)
    reach = f"{100 * low:.0f}–{100 * high:.0f}&nbsp;%"
    return f'<b>{hits} of {total}</b><br><small title="{esc(text.WILSON)}">{reach}</small>'


def _row(row: Row) -> tuple[str, ...]:
    picture = f'<img class="tiny" src="{row.thumbnail}" alt="{esc(row.name or row.truth)}">'
    told = " ".join(part for part in (row.name + ":" * bool(row.name and row.note), row.note) if part)
    asked = esc(row.truth or text.STRIP_UNKNOWN) + (f"<br><small>{esc(told)}</small>" if told else "")
    answers = [answer for _, answer in row.answers]
    if row.truth:
        return picture, asked, *(_cell(answer, row.truth, "✓", "right", "✗") for answer in (row.clean, *answers))
    kept = (_cell(answer, row.clean, "=", "the clean answer", "≠") for answer in answers)
    return picture, asked, esc(row.clean), *kept


def _cell(answer: str, wanted: str, same: str, means: str, other: str) -> str:
    if answer == wanted:
        return f'<span class="good" title="{means}">{same}</span>'
    words = " ".join(differing_words(answer, wanted))
    return f'<span class="bad" title="{esc(answer)}">{other}</span> <small title="{esc(answer)}">{esc(words)}</small>'
