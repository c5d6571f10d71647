"""A folder with one folder of pictures per class."""

from __future__ import annotations

from pathlib import Path

from ..classes import DEFAULT_TEMPLATE, Classes
from ..errors import require
from .base import ENDINGS, Listed, Templates, in_turn


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
