"""Where questions come from: the painted world, folders, tables, and the split files of the prompt-tuning literature.

With a `limit`, the first so many pictures are taken, in turn from every class. A source opens no picture; it hands out
calls that do, which are small and can be sent to another process.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from PIL import Image

from ..classes import DEFAULT_TEMPLATE, Classes
from ..errors import EngineError, require
from ..files import read_json, read_text
from ..pictures import load_picture

Templates = tuple[str, ...]  # averaged where nothing is tuned
ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")


@dataclass(frozen=True, eq=False, slots=True)
class Question:
    """A picture, what it may be, and what it is. `key` names it within its source, `group` what results may be told
    apart by ("" for nothing)."""

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


@dataclass(frozen=True, slots=True)
class FieldGuideSeries:
    """`count` fresh held-out specimens of the series `seed`, each with a fine-grained label set of its own."""

    count: int
    seed: int

    def __len__(self) -> int:
        return self.count

    def ask(self, index: int) -> Callable[[], Question]:
        """A painting and its forty candidates, grouped by kind."""
        return partial(_paint, self.seed, index)

    def document(self) -> dict:
        """The series."""
        return {"source": "fieldguide", "series": self.seed}


def _paint(seed: int, index: int) -> Question:
    from ..fieldguide.trial import make_trial  # paints, which needs OpenCV's system library

    trial = make_trial(seed, index)
    image = Image.fromarray(trial.painting.pixels)
    return Question(f"{seed}-{index}", image, trial.classes, trial.truth, trial.painting.specimen.kind)


Entry = tuple[str, int]  # path below a root, class number


@dataclass(frozen=True, slots=True)
class Listed:
    """Picture files with class numbers, all with the same classes; the base of what is read from disk."""

    root: Path
    entries: tuple[Entry, ...]
    classes: Classes
    told: dict = field(default_factory=dict)

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
        return {**self.told, **listing, "templates": list(self.classes.templates)}


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


def Folder(root: Path, templates: Templates = (DEFAULT_TEMPLATE,), limit: int | None = None) -> Listed:  # noqa: N802
    """Pictures in one folder per class, the folder's name being the class (underscores are spaces).

    Raises `EngineError` for a folder with fewer than two such folders in it.
    """
    require(root.is_dir(), f"Expected a folder with one folder of pictures per class; “{root}” is none.")
    folders = sorted(path for path in root.iterdir() if path.is_dir())
    found = [sorted(p for p in path.rglob("*") if p.suffix.lower() in ENDINGS) for path in folders]
    kept = [(path, pictures) for path, pictures in zip(folders, found, strict=True) if pictures]
    require(len(kept) >= 2, f"Expected at least two folders with pictures in “{root}”; found {len(kept)}.")
    names = tuple(path.name.replace("_", " ") for path, _ in kept)
    entries = [(p.relative_to(root).as_posix(), label) for label, (_, ps) in enumerate(kept) for p in ps]
    return Listed(root, tuple(in_turn(entries)[:limit]), Classes(names, templates), {"source": "folder"})


def Table(path: Path, templates: Templates = (DEFAULT_TEMPLATE,), limit: int | None = None) -> Listed:  # noqa: N802
    """A CSV file with a header and the columns `path` (below the file's folder) and `label` (a class name).

    Raises `EngineError` for a file that cannot be read, lacks one of these columns or one of their entries.
    """
    text = read_text(path, "a CSV file with the columns path and label")
    reader = csv.DictReader(io.StringIO(text))
    try:
        rows = list(reader)
    except csv.Error as error:
        raise EngineError(f"Expected a CSV file with the columns path and label; in “{path}” {error}.") from error
    given = set(reader.fieldnames or ()) if rows else set()
    require({"path", "label"} <= given, f"Expected the columns path and label in “{path}”; got {_listed(given)}.")
    short = next((row for row in rows if not row["path"] or not row["label"]), None)
    require(short is None, f"Expected a path and a label in every line of “{path}”; got {short}.")
    names = tuple(sorted({row["label"] for row in rows}))
    entries = [(row["path"], names.index(row["label"])) for row in rows]
    return Listed(path.parent, tuple(in_turn(entries)[:limit]), Classes(names, templates), {"source": "table"})


def CoOpSplit(  # noqa: N802
    path: Path, images: Path, templates: Templates = (DEFAULT_TEMPLATE,), part: str = "test", limit: int | None = None
) -> Listed:
    """A split file of CoOp's kind (Zhou et al., IJCV 2022): JSON with train, val and test, each a list of
    [path below `images`, class number, class name]. The classes are those of all three.

    Raises `EngineError` for a file that is not of this kind, whose `part` is empty or whose numbers have gaps.
    """
    split = read_json(path, f"lists of [path, number, name] under “{part}”")
    try:
        items = [(str(file), int(label)) for file, label, _ in split[part]]
        known = {int(label): str(name).replace("_", " ") for one in split.values() for _, label, name in one}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise EngineError(f"Expected lists of [path, number, name] under “{part}” in “{path}”.") from error
    require(bool(items), f"Expected pictures under “{part}” in “{path}”; got none.")
    require(
        sorted(known) == list(range(len(known))),
        f"Expected class numbers from 0 without gaps in “{path}”; got {_listed(map(str, sorted(known)))}.",
    )
    entries = in_turn(items)
    classes = Classes(tuple(known[label] for label in range(len(known))), templates)
    return Listed(images, tuple(entries[:limit]), classes, {"source": "split", "part": part})


def _listed(words) -> str:
    words = sorted(words)
    return ", ".join(words[:8]) + (" …" if len(words) > 8 else "") if words else "nothing"
