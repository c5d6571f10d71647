"""The pictures to begin with, read once at start: paintings that come with the page, photographs of other packages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture file, what is on it, what to ask about it, and hard class names; `mask` outlines the object.

    `source` is its name in links. Of a photograph, `credit` says whose it is, and on what terms.
    """

    path: Path
    title: str
    question: str
    truth: str
    classes: tuple[str, ...]
    source: str
    mask: Path | None = None
    credit: str = ""


def load_samples(folder: Path) -> tuple[Sample, ...]:
    """The paintings that `folder`/samples.json lists; none where there is no such file."""
    listing = folder / "samples.json"
    if not listing.is_file():
        return ()
    entries = json.loads(listing.read_text(encoding="utf-8"))
    return tuple(_painting(folder, entry, place) for place, entry in enumerate(entries))


def load_photographs(listing: Path, names: Mapping[str, tuple[str, ...]]) -> tuple[Sample, ...]:
    """The photographs that the file lists, which lie in installed packages; those that a package does not bring are
    left out. `names` are the class names of label sets, by key; an entry says which are its own."""
    entries = json.loads(listing.read_text(encoding="utf-8"))
    found = [_photograph(entry, names[entry["labels"]]) for entry in entries]
    return tuple(photograph for photograph in found if photograph.path.is_file())


def _painting(folder: Path, entry: dict, place: int) -> Sample:
    mask = folder / entry["mask"] if entry.get("mask") else None
    path, classes = folder / entry["file"], tuple(entry["classes"])
    return Sample(path, entry["title"], entry["question"], entry["truth"], classes, f"sample {place}", mask)


def _photograph(entry: dict, names: tuple[str, ...]) -> Sample:
    package = find_spec(entry["package"])
    home = Path(package.origin).parent if package is not None and package.origin else Path(entry["package"])
    return Sample(
        home / entry["file"], entry["title"], entry["question"], entry["truth"], names,
        f"photograph {entry['name']}", credit=entry["credit"],
    )  # fmt: skip
