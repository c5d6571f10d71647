"""Whom an attack fools, as a table: a row for each model that it was made on, a column for each that answers."""

from __future__ import annotations

from collections.abc import Mapping

import engine
from app.figures.html import differing, esc, note, section, signed, table
from app.text import transfer as text
from app.transfers import Transfers


def transfer_figure(transfers: Transfers, names: Mapping[str, str], null: str = "") -> str:
    """Everything that there is so far; `names` has what a visitor calls each of the models. `null` is what the attack
    has for a null arm of its own; empty where that is noise."""
    wanted = text.HINT.format(wanted=text.WANTED[transfers.given])
    heads = (text.HEADS[0], *(text.HEADS[1].format(name=names[name]) for name in transfers.models))
    rows = (
        (
            esc(text.ON.format(name=names[row.asked[0].model])),
            *(_cell(transfers, row, name, null) for name in transfers.models),
        )
        for row in transfers.rows
    )
    drawn = table(heads, rows, text.TITLE, "stacks transfer")
    return section(text.TITLE, _said(transfers, names, null) + drawn + _remarks(transfers, names), wanted)


def _said(transfers: Transfers, names: Mapping[str, str], null: str) -> str:
    """What becomes of the visitor's own attack, a sentence for each of the others."""
    if transfers.strange:
        called = ", ".join(names[name] for name in transfers.strange)
        return note(text.STRANGE.format(names=called) + " " + text.STRANGE_SAID, "warn", "!")
    row, *_ = transfers.rows
    own, *others = row.asked
    words = {"on": names[own.model], "null": _null(null)}
    said = (text.SAID[row.outcome(one)].format(by=names[one.model], **words) for one in others)
    return note(" ".join(said))


def _null(null: str) -> str:
    return text.NULL_ARM if null else text.NOISE


def _remarks(transfers: Transfers, names: Mapping[str, str]) -> str:
    """What the sizes do to it, and that a relative is no stranger."""
    sizes = {one.model: one.size for row in transfers.rows for one in row.asked}
    said = []
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{names[name]} {size} × {size}" for name, size in sizes.items())
        said.append(text.RESIZED.format(sizes=listed))
    if len({name.partition("@")[0] for name in sizes}) < len(sizes):
        said.append(text.NEAR)
    return "".join(map(note, said))


def _cell(transfers: Transfers, row: engine.story.Transfer, name: str, null: str) -> str:
    """How it ends with one model, and its answers."""
    one = next(one for one in row.asked if one.model == name)
    end = row.outcome(one)
    own = one is row.asked[0]
    said = "" if transfers.strange else _end(text.ENDS_OWN[end] if own else text.ENDS[end], end, null)
    answers = {"clean": one.clean, "attacked": one.attacked, "noise": one.noise}
    lines = "".join(_answer(arm, answer, row.label, null) for arm, answer in answers.items() if answer is not None)
    return f"{said}{lines}"


def _end(said: str, end: str, null: str) -> str:
    said = text.NULL_ENDS if null and end == "noisy" else said
    why = text.ENDS_WHY[end].format(null=_null(null))
    return f'<span class="end {text.TONES[end]}" title="{esc(why)}">{esc(said)}</span>'


def _answer(arm: str, answer: engine.Prediction, label: int, null: str) -> str:
    sign, word = text.ARMS[arm]
    word = text.NULL.format(what=null) if null and arm == "noise" else word
    name = differing(answer.name, answer.classes.names[label])
    key = f'<span class="arm {arm}"><span aria-hidden="true">{sign}</span> {esc(word)}</span>'
    return f'<span class="answer">{key} {name} <small>{signed(answer.lead(label), 1)}</small></span>'
