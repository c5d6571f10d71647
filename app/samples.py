"""The pictures that come with the page: read once at start."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture file, what is on it, what to ask about it, and hard class names; `mask` outlines the object."""

    path: Path
    title: str
    question: str
    truth: str
    classes: tuple[str, ...]
    mask: Path | None = None


def load_samples(folder: Path) -> tuple[Sample, ...]:
    """The samples that `folder`/samples.json lists; none where there is no such file."""
    listing = folder / "samples.json"
    if not listing.is_file():
        return ()
    return tuple(_sample(folder, entry) for entry in json.loads(listing.read_text(encoding="utf-8")))


def _sample(folder: Path, entry: dict) -> Sample:
    mask = folder / entry["mask"] if entry.get("mask") else None
    return Sample(
        folder / entry["file"], entry["title"], entry["question"], entry["truth"], tuple(entry["classes"]), mask
    )
