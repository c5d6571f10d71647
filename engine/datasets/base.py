"""Data sets as sources of numbered questions, and the base of those that are read from disk.

With a `limit`, the first so many pictures are taken, in turn from every class. A source opens no picture; it hands out
calls that do, which are small and can be sent to another process.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Protocol

from PIL import Image

from ..classes import Classes
from ..errors import EngineError
from ..pictures import load_picture

Templates = tuple[str, ...]  # averaged where nothing is tuned


@dataclass(frozen=True, eq=False, slots=True)
class Question:
    """A picture, its candidate classes and its label. `key` names it within its source; `group` names the part of the
    results that it counts in ("" for none).

    `number` is what its seed is made of, whatever pictures lie beside it (None: its place among them); `digest` tells
    its file from another of the same name ("" where there is no file).
    """

    key: str
    image: Image.Image
    classes: Classes
    label: int
    group: str = ""
    number: int | None = None
    digest: str = ""


class Source(Protocol):
    """Numbered questions: the same number always gives the same question."""

    def __len__(self) -> int: ...

    def key(self, index: int) -> str:
        """The key of question `index`, from 0 to len - 1, known before its picture is opened."""
        ...

    def ask(self, index: int) -> Callable[[], Question]:
        """A call that gives question `index`, also in another process; it raises `EngineError` where the picture
        cannot be read."""
        ...

    def recognises(self, index: int, record: dict) -> bool:
        """Whether a record that was kept under the key of question `index` is about its picture and its label."""
        ...

    def document(self) -> dict:
        """What every question depends on, as plain data; not which pictures there are."""
        ...


Entry = tuple[str, int]  # path below a root, class number


@dataclass(frozen=True, slots=True)
class Listed:
    """Picture files with class numbers, all with the same classes; the base of what is read from disk.

    `plain` is how they are read (`load_picture`); `notes` are sentences on what was passed over.
    """

    root: Path
    entries: tuple[Entry, ...]
    classes: Classes
    origin: dict = field(default_factory=dict)
    plain: bool = False
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.entries)

    def key(self, index: int) -> str:
        """The picture's path below the root."""
        return self.entries[index][0]

    def ask(self, index: int) -> Callable[[], Question]:
        """The picture at that place of the list; the call raises `EngineError` with its path where it cannot be
        read."""
        path, label = self.entries[index]
        return partial(_open, self.root.resolve(), path, self.classes, label, self.plain)

    def recognises(self, index: int, record: dict) -> bool:
        """Whether the file still has the same bytes and the same label."""
        path, label = self.entries[index]
        return record["truth"] == self.classes.names[label] and record.get("digest") == _digest(self.root / path)

    def document(self) -> dict:
        """Where it comes from, how pictures are read, and the classes."""
        classes = {"classes": list(self.classes.names), "templates": list(self.classes.templates)}
        return {**self.origin, **reader(self.plain), **classes}


def gather(
    root: Path,
    entries: Iterable[Entry],
    classes: Classes,
    origin: dict,
    limit: int | None = None,
    plain: bool = False,
    notes: tuple[str, ...] = (),
) -> Listed:
    """The first `limit` of the entries, in turn from every class; one that is listed again counts once,
    by the first of its paths where it is listed by several (a.png, ./a.png)."""
    entries = list(entries)
    first: dict[Entry, Entry] = {}
    for path, label in entries:
        first.setdefault((posixpath.normpath(path), label), (path, label))
    once = [*first.values()]
    if len(once) < len(entries):
        notes += (f"Pictures that are listed again count once, here {len(entries) - len(once):,}.",)
    return Listed(root, tuple(in_turn(once)[:limit]), classes, origin, plain, notes)


def in_turn(entries: Sequence[Entry]) -> list[Entry]:
    """One entry of every class, then the next of every class, so that the first few cover all."""
    seen: Counter[int] = Counter()
    ranked = []
    for path, label in entries:
        ranked.append((seen[label], label, path))
        seen[label] += 1
    return [(path, label) for _, label, path in sorted(ranked, key=lambda entry: entry[:2])]


def reader(plain: bool) -> dict[str, str]:
    """How pictures are read, as it stands in a plan."""
    return {"reader": "plain" if plain else "upright"}


def _open(root: Path, path: str, classes: Classes, label: int, plain: bool) -> Question:
    try:
        image = load_picture(root / path, plain).image
    except EngineError as error:
        raise EngineError(f"{path}: {error}") from error
    number = int.from_bytes(hashlib.sha256(path.encode("utf-8", "surrogateescape")).digest()[:6], "big")
    return Question(path, image, classes, label, classes.names[label], number, _digest(root / path))


def _digest(path: Path) -> str:
    """A hash of the file's bytes; "" where it cannot be read."""
    try:
        stat = path.stat()
        return _hash(path, stat.st_size, stat.st_mtime_ns)
    except (OSError, ValueError):
        return ""


@cache
def _hash(path: Path, size: int, modified: int) -> str:
    """The hash of a file that had this size and was changed at this time."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(2**20):
            found.update(part)
    return found.hexdigest()[:16]
