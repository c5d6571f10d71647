"""What follows, without the model, when a visitor moves a control: one listener a control, whoever asked for it.

Gradio 6.31 keeps the latest event that came while a listener with `trigger_mode="always_last"` was busy, and then sends
it to *every* listener of that event. Two such listeners of one event thus wake each other for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gradio.components import Component


@dataclass(frozen=True)
class Reaction:
    """Draws `outputs`; `react` takes the visitor's key, the choices and the values of the components `before`."""

    react: Callable[..., dict]
    outputs: tuple[Component, ...]
    before: tuple[Component, ...]


@dataclass(frozen=True)
class Reactions:
    """All that follows when one control is moved, in the order in which it was asked for."""

    control: Component
    all: tuple[Reaction, ...]

    @property
    def outputs(self) -> list[Component]:
        """What is drawn, each component once."""
        return _once(part for reaction in self.all for part in reaction.outputs)

    @property
    def before(self) -> list[Component]:
        """What is read besides the controls, each component once."""
        return _once(part for reaction in self.all for part in reaction.before)

    def run(self, key: str, choices: object, own: Sequence) -> dict:
        """Every reaction; `own` are the values of `before`. Where two draw the same component, the later one holds."""
        values = dict(zip(map(id, self.before), own, strict=True))
        updates: dict = {}
        for reaction in self.all:
            updates |= reaction.react(key, choices, *(values[id(part)] for part in reaction.before))
        return updates


class Reacting:
    """Collects reactions while a page is put together."""

    def __init__(self) -> None:
        self._found: dict[int, Reactions] = {}

    def add(self, control: Component, react: Callable[..., dict], outputs: Sequence, before: Sequence = ()) -> None:
        """One more thing that follows when `control` is moved."""
        known = self._found.get(id(control), Reactions(control, ()))
        self._found[id(control)] = Reactions(control, (*known.all, Reaction(react, tuple(outputs), tuple(before))))

    def __iter__(self) -> Iterator[Reactions]:
        return iter(self._found.values())


def _once(parts: Iterator[Component]) -> list[Component]:
    return list({id(part): part for part in parts}.values())
