"""Data sets as sources of numbered questions, and the base of those that are read from disk.

With a `limit`, the first so many pictures are taken, in turn from every class. A source opens no picture; it hands out
calls that do, which are small and can be sent to another process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from PIL import Image

from ..classes import Classes
from ..errors import EngineError
from ..pictures import load_picture

Templates = tuple[str, ...]  # averaged where nothing is tuned
ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")


@dataclass(frozen=True, eq=False, slots=True)
class Question:
    """A picture, its candidate classes and its label. `key` names it within its source; `group` names the part of the
    results that it counts in ("" for none)."""

    key: str
    image: Image.Image
    classes: Classes
    label: int
    group: str = ""


class Source(Protocol):
    """Numbered questions: the same number always gives the same question."""

    def __len__(self) -> int: ...

    def ask(self, index: int) -> Callable[[], Question]:
        """A call that gives question `index`, from 0 to len - 1, also in another process."""
        ...

    def document(self) -> dict:
        """What identifies the source, as plain data."""
        ...


Entry = tuple[str, int]  # path below a root, class number


@dataclass(frozen=True, slots=True)
class Listed:
    """Picture files with class numbers, all with the same classes; the base of what is read from disk."""

    root: Path
    entries: tuple[Entry, ...]
    classes: Classes
    origin: dict = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.entries)

    def ask(self, index: int) -> Callable[[], Question]:
        """The picture at that place of the list; the call raises `EngineError` with its path where it cannot be
        read."""
        path, label = self.entries[index]
        return partial(_open, self.root.resolve(), path, self.classes, label)

    def document(self) -> dict:
        """What was read, and every picture and class in it."""
        listing = {"entries": [list(entry) for entry in self.entries], "classes": list(self.classes.names)}
        return {**self.origin, **listing, "templates": list(self.classes.templates)}


def _open(root: Path, path: str, classes: Classes, label: int) -> Question:
    try:
        image = load_picture(root / path).image
    except EngineError as error:
        raise EngineError(f"{path}: {error}") from error
    return Question(path, image, classes, label, classes.names[label])


def in_turn(entries: Sequence[Entry]) -> list[Entry]:
    """One entry of every class, then the next of every class, so that the first few cover all."""
    seen: Counter[int] = Counter()
    ranked = []
    for path, label in entries:
        ranked.append((seen[label], label, path))
        seen[label] += 1
    return [(path, label) for _, label, path in sorted(ranked, key=lambda entry: entry[:2])]


def listed(words: Iterable[str]) -> str:
    """The first eight of the words in order as text, or “nothing”."""
    words = sorted(words)
    return ", ".join(words[:8]) + (" …" if len(words) > 8 else "") if words else "nothing"
