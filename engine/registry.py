"""Registries: what there is of one kind (defences, attacks, maps), by name and in menu order. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from .errors import require


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a menu shows of every entry: its title, one sentence of explanation, and the source (paper, venue)."""

    title: str
    explanation: str
    source: str


Kind = TypeVar("Kind", bound=Entry)


class Registry(dict[str, Kind]):
    """Entries by name, in menu order; `kind` is what one of them is called in a sentence."""

    def __init__(self, kind: str, entries: Mapping[str, Kind]) -> None:
        super().__init__(entries)
        self.kind = kind

    def named(self, name: str) -> Kind:
        """The entry of that name. Raises `EngineError` that lists the names there are."""
        require(name in self, f"Expected the {self.kind} to be one of {', '.join(self)}; got “{name}”.")
        return self[name]
