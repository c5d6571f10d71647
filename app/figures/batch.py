"""Step 7 as a table: one row a picture, one column a defence, and what the counts of so few pictures leave open."""

from __future__ import annotations

from collections.abc import Sequence

import engine
from app.batch import Batch, Row
from app.figures.html import differing_words, esc, note, section, table
from app.figures.threat import limit_set, titled, turns
from app.text import many as text
from app.text import words as common
from app.text.counted import counted


def batch_table(batch: Batch) -> str:
    """The rows so far with their sums above; files that were no pictures below, each with its sentence."""
    refused = "".join(note(sentence, "warn", "!") for sentence in batch.refused)
    if not batch.rows:
        return refused
    defences = [name for name, _ in batch.rows[0].answers]
    titles = [text.BATCH_ATTACKED.format(title=engine.DEFENCES[name].title) for name in defences]
    heads = ("Picture", "True class", text.BATCH_CLEAN, *titles)
    rows = [*_sums(batch, defences), *(_row(row) for row in batch.rows)]
    attack, views = batch.settings.attack, batch.settings.views
    made = text.BATCH_MADE.format(
        attack=titled(attack.attack, attack.target_defence), limit=limit_set(attack), turns=turns(attack),
        views=views.count, seed=attack.seed,
    )  # fmt: skip
    unknown = note(text.BATCH_UNKNOWN_NOTE) if batch.unknown else ""
    blind = sum(row.blind for row in batch.rows)
    warned = note(counted(text.BATCH_BLIND, count=blind, total=len(batch.rows)), "warn", "!") if blind else ""
    strange = note(counted(text.STRANGE_BATCH, count=batch.strange), "warn", "!") if batch.strange else ""
    none = note(counted(text.NONE_BATCH, count=batch.none), "warn", "!") if batch.none else ""
    drawn = table(heads, rows, "Answers on many pictures", "stacks batch")
    return section("Answers, picture by picture", f"{strange}{none}{warned}{unknown}{drawn}{refused}", made)


def _sums(batch: Batch, defences: Sequence[str]) -> list[tuple[str, ...]]:
    """Right answers where the true class is known, those of them that the attack turned, and answers kept where it is
    not known; each row only if it has pictures."""
    known, unknown, sums = len(batch.known), len(batch.unknown), []
    if known:
        shares = [_share(batch.right(name), known) for name in (None, *defences)]
        sums.append(("", counted(text.BATCH_RIGHT, count=known), *shares))
    if sound := len(batch.sound):
        shares = [_share(batch.turned(name), sound) for name in defences]
        sums.append(("", counted(text.BATCH_TURNED, count=sound), "", *shares))
    if unknown:
        shares = [_share(batch.kept(name), unknown) for name in defences]
        sums.append(("", counted(text.BATCH_KEPT, count=unknown), "", *shares))
    return sums


def _share(hits: int, total: int) -> str:
    low, high = engine.evaluation.wilson(hits, total)
    reach = f"{100 * low:.0f}–{100 * high:.0f}&nbsp;%"
    return f'<b>{hits} of {total}</b><br><small title="{esc(text.WILSON)}">{reach}</small>'


def _row(row: Row) -> tuple[str, ...]:
    picture = f'<img class="tiny" src="{row.thumbnail}" alt="{esc(row.name or row.truth)}">'
    details = " ".join(part for part in (row.name + ":" * bool(row.name and row.note), row.note) if part)
    asked = esc(row.truth or text.BATCH_UNKNOWN) + (f"<br><small>{esc(details)}</small>" if details else "")
    answers = [answer for _, answer in row.answers]
    if row.strange or not (row.truth or row.clean):
        return picture, asked, *(esc(answer or common.NONE) for answer in (row.clean, *answers))
    if row.truth:
        return picture, asked, *(_cell(answer, row.truth, "✓", "right", "✗") for answer in (row.clean, *answers))
    kept = (_cell(answer, row.clean, "=", "the clean answer", "≠") for answer in answers)
    return picture, asked, esc(row.clean), *kept


def _cell(answer: str, wanted: str, same: str, means: str, other: str) -> str:
    if not answer:
        return f"<small>{esc(common.NONE)}</small>"
    if answer == wanted:
        return f'<span class="good" title="{means}">{same}</span>'
    words = " ".join(differing_words(answer, wanted))
    return f'<span class="bad" title="{esc(answer)}">{other}</span> <small title="{esc(answer)}">{esc(words)}</small>'
