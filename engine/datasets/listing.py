"""Pictures and folders as they lie on disk, without what notebooks, file managers and archives leave among them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from ..errors import EngineError

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")


@dataclass(frozen=True, slots=True)
class Passed:
    """What is passed over: names that begin with a dot, and links to folders."""

    hidden: list[Path] = field(default_factory=list)
    links: list[Path] = field(default_factory=list)

    def notes(self) -> tuple[str, ...]:
        """A sentence about each kind that there is."""
        passed_over = (
            ("Names that begin with a dot", self.hidden),
            ("Links to folders that lead back or lie in a class", self.links),
        )
        return tuple(
            f"{kind} are passed over, here {len(paths):,}: {listed({path.name for path in paths})}."
            for kind, paths in passed_over
            if paths
        )


def paths_in(folder: Path) -> list[Path]:
    """What lies in a folder, by name; raises `EngineError` for a folder that cannot be read."""
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        _refuse(error)


def folders_in(folder: Path, passed: Passed) -> list[Path]:
    """The folders in a folder, by name, and links to folders elsewhere.

    Those whose names begin with a dot, and links that lead back to the folder or to one that it lies in, are added to
    `passed` instead. Raises `EngineError` for a folder that cannot be read.
    """
    found = [path for path in paths_in(folder) if os.path.isdir(path)]
    passed.hidden.extend(path for path in found if path.name.startswith("."))
    named = [path for path in found if not path.name.startswith(".")]
    back = [path for path in named if path.is_symlink() and _holds(path, folder)]
    passed.links.extend(back)
    return [path for path in named if path not in back]


def _holds(outer: Path, inner: Path) -> bool:
    """Whether `inner` is `outer` or lies in it, wherever links lead."""
    return Path(os.path.realpath(inner)).is_relative_to(os.path.realpath(outer))


def pictures_below(folder: Path, passed: Passed) -> list[Path]:
    """The picture files below a folder, by path; names that begin with a dot and links to folders go to `passed`.

    No link is followed, so that no circle of them is. Raises `EngineError` for a folder that cannot be
    read.
    """
    found = []
    for where, folders, files in os.walk(folder, onerror=_refuse):
        passed.hidden.extend(Path(where, name) for name in folders if name.startswith("."))
        folders[:] = [name for name in folders if not name.startswith(".")]
        passed.links.extend(path for name in folders if (path := Path(where, name)).is_symlink())
        for path in (Path(where, name) for name in files):
            if path.suffix.lower() in ENDINGS:
                (passed.hidden if path.name.startswith(".") else found).append(path)
    return sorted(found)


def listed(words: Iterable[str]) -> str:
    """The first eight of the words in order as text, or “nothing”."""
    words = sorted(words)
    return ", ".join(words[:8]) + (" …" if len(words) > 8 else "") if words else "nothing"


def _refuse(error: OSError) -> NoReturn:
    raise EngineError(f"Expected a folder that can be read; “{error.filename}” cannot ({error.strerror}).") from error
