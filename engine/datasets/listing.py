"""Pictures and folders as they lie on disk, without what notebooks, file managers and archives leave among them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

from ..errors import EngineError

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")


def paths_in(folder: Path) -> list[Path]:
    """What lies in a folder, by name; raises `EngineError` for a folder that cannot be read."""
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        _refuse(error)


def folders_in(folder: Path, hidden: list[Path]) -> list[Path]:
    """The folders in a folder, by name; those whose names begin with a dot are added to `hidden` instead.

    Raises `EngineError` for a folder that cannot be read.
    """
    found = [path for path in paths_in(folder) if os.path.isdir(path)]
    hidden += [path for path in found if path.name.startswith(".")]
    return [path for path in found if not path.name.startswith(".")]


def pictures_below(folder: Path, hidden: list[Path]) -> list[Path]:
    """The picture files below a folder, by path; files and folders whose names begin with a dot go to `hidden`.

    Links to folders are not followed, so that no circle of them is. Raises `EngineError` for a folder that cannot be
    read.
    """
    found = []
    for where, folders, files in os.walk(folder, onerror=_refuse):
        hidden += [Path(where, name) for name in folders if name.startswith(".")]
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(where, name) for name in files):
            if path.suffix.lower() in ENDINGS:
                (hidden if path.name.startswith(".") else found).append(path)
    return sorted(found)


def listed(words: Iterable[str]) -> str:
    """The first eight of the words in order as text, or “nothing”."""
    words = sorted(words)
    return ", ".join(words[:8]) + (" …" if len(words) > 8 else "") if words else "nothing"


def passed_over(hidden: Sequence[Path]) -> tuple[str, ...]:
    """A sentence about what was hidden; none where nothing was."""
    if not hidden:
        return ()
    named = listed({path.name for path in hidden})
    return (f"Names that begin with a dot are passed over, here {len(hidden):,}: {named}.",)


def _refuse(error: OSError) -> NoReturn:
    raise EngineError(f"Expected a folder that can be read; “{error.filename}” cannot ({error.strerror}).") from error
