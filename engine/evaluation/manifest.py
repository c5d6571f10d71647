"""The list of an evaluation's attacked pictures, and copies of them under the names of the pictures they came from.

A line of the list names the picture, the attack as its arm is called, the file, and the settings of that very picture.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from ..datasets.listing import ENDINGS
from ..errors import EngineError
from ..files import make_folder
from .kept import cut_off, read_lines, replace_file
from .records import Answered

MANIFEST = "attacked.jsonl"
UNFIT = re.compile(r'[<>:"|?*\x00-\x1f]')  # for names on some system


class Manifest:
    """The list in the folder `home` of files that lie in the folder `store`; it names them as seen from `home`."""

    def __init__(self, home: Path, store: Path) -> None:
        self.path = home / MANIFEST
        self.store = store.relative_to(home) if store.is_relative_to(home) else store.resolve()
        cut_off(self.path)
        self.listed = {json.dumps(line) for line in read_lines(self.path)}

    def add(self, described: Iterable[dict]) -> None:
        """List files, unless they are listed already."""
        lines = [json.dumps(one | {"file": (self.store / one["file"]).as_posix()}) for one in described]
        new = [line for line in lines if line not in self.listed]
        self.listed.update(new)
        if new:
            with self.path.open("ab") as file:
                file.write("".join(f"{line}\n" for line in new).encode())


def copy_attacked(folder: Path, answered: Sequence[Answered], target: Path) -> None:
    """Copy the attacked pictures of these results, which an evaluation keeps in `folder`, to
    `target`/ATTACK/PICTURE.png, where PICTURE is the source's own path below its root, and list them there.

    Where two sources would share a name, the later gets a number behind it. Raises `EngineError` for a picture that is
    no longer there and for a folder that cannot be written.
    """
    latest = {(line["picture"], line["away_from"], line["attack"]): line for line in read_lines(folder / MANIFEST)}
    taken: set[str] = set()
    listed = []
    for one in answered:
        name = _free(own_path(one.record["key"]), taken)
        found = [latest.get((one.record["key"], one.record["truth"], arm)) for arm in one.record["arms"]]
        for line in filter(None, found):
            path = PurePosixPath(line["attack"], name)
            _copy(folder / line["file"], target / path)
            listed.append(json.dumps(line | {"file": path.as_posix()}))
    replace_file(make_folder(target) / MANIFEST, "".join(f"{line}\n" for line in listed).encode())


def own_path(key: str) -> PurePosixPath:
    """A path for a PNG file that lies below any folder, whatever the key: without its root, steps upwards and
    characters that some system has no use for."""
    parts = [UNFIT.sub("_", part) for part in re.split(r"[/\\]", key) if part not in ("", ".", "..")]
    path = PurePosixPath(*parts or ["picture"])
    return path.with_suffix(".png") if path.suffix.lower() in ENDINGS else path.with_name(f"{path.name}.png")


def _free(path: PurePosixPath, taken: set[str]) -> PurePosixPath:
    """The path, or the first with a number behind its name that is not taken; case does not count."""
    found, number = path, 1
    while str(found).lower() in taken:
        number += 1
        found = path.with_stem(f"{path.stem}-{number}")
    taken.add(str(found).lower())
    return found


def _copy(source: Path, target: Path) -> None:
    make_folder(target.parent)
    try:
        data = source.read_bytes()
        if not target.is_file() or target.read_bytes() != data:
            target.write_bytes(data)
    except OSError as error:
        raise EngineError(f"“{source}” cannot be copied to “{target}” ({error.strerror}).") from error
