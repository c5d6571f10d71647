"""Pieces of the page: each draws some components from what is found and chosen, and from nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any, Protocol

import gradio as gr
from gradio.components import Component

from app.choices import Choices
from app.state.found import Found, Pinned
from app.state.shown import Shown

if TYPE_CHECKING:
    from app.wiring.page import Page
    from app.wiring.running import Running

Draw = Callable[[Found, Choices], dict]


@dataclass(frozen=True, eq=False, slots=True)
class Piece:
    """Draws `outputs` from what it `reads` of what is found, by field, and of the visitor's `choices`, by name.

    `shows` are the parts that are its subject: where one was asked for and none is there, the last ones stay, dimmed.
    """

    draw: Draw
    outputs: Sequence[Component]
    reads: Sequence[str]
    shows: Sequence[str] = ()
    choices: Sequence[str] = ()

    def state(self, found: Found, choices: Choices) -> tuple:
        """What the drawing depends on, in values that can be compared and hold no results."""
        return (*(_value(name, found) for name in self.reads), *(getattr(choices, name) for name in self.choices))


def _value(name: str, found: Found) -> object:
    if name == "picture":
        shown = found.picture
        return None if shown is None else _picture(shown)
    if name == "original":
        return None if found.original is None else found.original.key
    if name == "pinned":
        return None if found.pinned is None else _pinned(found.pinned)
    if name == "answer":
        return astuple(found.answer)
    if name in ("classes", "label", "model", "elsewhere", "batch", "progress", "sweep", "transfers", "mosaic", "grid"):
        return getattr(found, name)
    return found.made.get(name)


def _picture(shown: Shown) -> tuple:
    made = None if shown.attacked is None else (shown.attacked.name, shown.attacked.picture.digest)
    return (shown.name, shown.source, shown.picture.digest, shown.box.sides, made)


def _pinned(pinned: Pinned) -> tuple:
    held = pinned.found
    parts = (pinned.away, pinned.unmoved, *pinned.look.choices, *sorted(held.made.items()), *sorted(held.partial))
    return (*(_value(name, held) for name in ("model", "picture", "classes", "label")), *parts)


def merged(first: dict, second: Mapping) -> dict:
    """Both updates; of a component that is in both, all that either sets."""
    updates = dict(first)
    for component, update in second.items():
        updates[component] = _both(updates[component], update) if component in updates else update
    return updates


def _both(first: Any, second: Any) -> Any:
    if not (_is_update(first) or _is_update(second)):
        return second
    return {**_as_update(first), **_as_update(second)}


def _is_update(value: Any) -> bool:
    return isinstance(value, dict) and value.get("__type__") == "update"


def _as_update(value: Any) -> dict:
    return value if _is_update(value) else {"__type__": "update", "value": value}


class Panel(Protocol):
    """The controls of one step, and what is drawn there; `compared` is for what was pinned beside what there is now."""

    @property
    def compared(self) -> gr.HTML | None:
        """None where the step is not compared."""
        ...

    @property
    def controls(self) -> Mapping[str, Component]:
        """By the names of their choices."""
        ...

    @property
    def pieces(self) -> Sequence[Piece]:
        """What is drawn, each where what it reads is another than before."""
        ...

    def wire(self, page: Page, running: Running) -> None:
        """Add the buttons and presses of the panel."""
