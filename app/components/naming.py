"""Controls and their values in the words that a visitor reads, for lines on settings that differ."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from gradio.components import Component

import engine
from app.choices import Choices
from app.state.history import Look
from app.text import inputs as text
from app.text import only_cells
from app.text import words as common

LONGEST = 60  # characters of one value
CELLS = "only_cells"  # a choice whose text nobody reads
BROUGHT = ("class_names", "true_class")  # which come with a picture


def differences(controls: Mapping[str, Component], before: Choices, now: Choices, names: Sequence[str]) -> list[str]:
    """For each of these controls: its label, its value before and its value now."""
    return [_named(controls[name], name, before, now) for name in names]


def _named(control: Component, name: str, before: Choices, now: Choices) -> str:
    named = cells_named if name == CELLS else partial(value_named, control)
    return _difference(label(control, name), *(named(getattr(one, name)) for one in (before, now)))


def look_differences(controls: Mapping[str, Component], own: str, before: Look, now: Look) -> list[str]:
    """The same for two looks, their models and pictures first; `own` is the name of the page's own model."""
    said, names = [], before.choices.differing(now.choices)
    if before.model != now.model:
        said.append(_difference(text.MODEL, before.model or own, now.model or own))
    if not before.picture.same(now.picture):
        brought = [label(controls[name], name).lower() for name in BROUGHT if name in names]
        names = [name for name in names if name not in BROUGHT]
        added = common.BROUGHT.format(names=common.AND.join(brought)) if brought else ""
        said.append(_difference(common.STEPS[0], _short(before.picture.name), _short(now.picture.name)) + added)
    return said + [_named(controls[name], name, before.choices, now.choices) for name in names]


def label(control: Component, name: str) -> str:
    """A control's label without what explains it, in brackets or behind a colon; its `name` where it has none."""
    return re.sub(r" *\(.*?\)|:.*", "", str(getattr(control, "label", None) or name))


def listed(said: Sequence[str], most: int) -> str:
    """The first `most` of them, and how many more there are."""
    more = text.STALE_MORE.format(count=len(said) - most) if len(said) > most else ""
    return "; ".join(said[:most]) + more


def value_named(control: Component, value: Any) -> str:
    """A control's value as a visitor reads it."""
    if isinstance(value, list | tuple):
        return ", ".join(value_named(control, one) for one in value) or text.NOTHING
    if isinstance(value, bool):
        return text.SWITCH[value]
    if value is None:
        return text.NOTHING
    words = {name: word for word, name in getattr(control, "choices", None) or ()}
    plain = f"{value:g}" if isinstance(value, float) else str(value)
    return _short(str(words.get(value, plain))) or text.NOTHING


def cells_named(value: str) -> str:
    """How many cells may change, of how many."""
    try:
        cells = engine.cells.Cells.parse(value) if value else None
    except engine.EngineError:
        return _short(value)
    return only_cells.EVERY if cells is None else only_cells.NAMED.format(count=cells.count, total=cells.total)


def _difference(label: str, before: str, now: str) -> str:
    form = text.STALE_ONE if before != now else text.STALE_LONG
    return form.format(label=label, before=before, now=now)


def _short(written: str) -> str:
    """A text of several lines by its first one."""
    first, *others = written.strip().splitlines() or [""]
    cut = first if len(first) <= LONGEST else first[: LONGEST - 1].rstrip() + "…"
    return text.AND_LINES.format(first=cut, count=len(others)) if others else cut
