"""A folder with one folder of pictures per class."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from ..classes import DEFAULT_TEMPLATE, Classes
from ..errors import EngineError, require
from .base import Listed, Templates, gather
from .listing import Passed, folders_in, listed, pictures_below
from .naming import class_names

PARTS = ("test", "val", "train", "testing", "valid", "validation", "training", "dev")  # the likeliest to ask for first
SET = re.compile(r"[-_ ]?(set|data|images|split)$")  # training_set


def Folder(  # noqa: N802
    root: Path,
    templates: Templates = (DEFAULT_TEMPLATE,),
    limit: int | None = None,
    names: Path | None = None,
    plain: bool = False,
) -> Listed:
    """Pictures in one folder per class, the folder's name being the class (underscores are spaces), unless the file
    `names` has others. `plain` is that of `load_picture`. Names that begin with a dot are passed over,
    and links to folders other than classes.

    Raises `EngineError` for a folder with fewer than two such folders in it, for one whose folders are the parts of a
    data set or go by WordNet numbers, and for a file that does not name them all.
    """
    require(os.path.isdir(root), f"Expected a folder with one folder of pictures per class; “{root}” is none.")
    passed = Passed()
    found = {path: pictures_below(path, passed) for path in folders_in(root, passed)}
    kept = {path: pictures for path, pictures in found.items() if pictures}
    empty = [path.name for path, pictures in found.items() if not pictures]
    _check_no_parts(root, [path.name for path in kept])
    require(len(kept) >= 2, f"Expected at least two folders with pictures in “{root}”; found {len(kept)}.")
    called, notes = class_names([path.name for path in kept], names, f"the folders of “{root}”")
    entries = [(p.relative_to(root).as_posix(), label) for label, ps in enumerate(kept.values()) for p in ps]
    notes += passed.notes() + _without_pictures(empty)
    return gather(root, entries, Classes(called, templates), {"source": "folder"}, limit, plain, notes)


def _check_no_parts(root: Path, folders: Sequence[str]) -> None:
    words = {name: SET.sub("", name.lower()) for name in folders}
    parts = [name for part in PARTS for name in folders if words[name] == part]
    if parts and len(parts) == len(folders):
        raise EngineError(
            f"Expected a folder per class; those of “{root}” are the parts of a data set ({listed(folders)}): name one"
            f" of them, such as “{root / parts[0]}”."
        )


def _without_pictures(folders: Sequence[str]) -> tuple[str, ...]:
    return (f"Folders without pictures are no classes, here {len(folders):,}: {listed(folders)}.",) if folders else ()
