"""The list of an evaluation's attacked pictures, and copies of them under the names of the pictures they came from.

A line of the list names the picture, the digest of its file where it has one, the attack as its arm is called, the
attacked file, and the settings of that very picture.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from ..datasets.listing import ENDINGS
from ..errors import EngineError, require
from ..files import make_folder, writing
from .kept import MANIFEST, cut_off, read_lines, replace_file
from .plan import CLEAN
from .records import Answered

_DESCRIBED = {"picture": str, "away_from": str, "attack": str, "file": str}
UNFIT = re.compile(r'[<>:"|?*\x00-\x1f]')  # for names on some system


class Manifest:
    """The list in the folder `home` of files that lie in the folder `store`; it names them as seen from `home`."""

    def __init__(self, home: Path, store: Path) -> None:
        self.path = home / MANIFEST
        self.store = store.relative_to(home) if store.is_relative_to(home) else store.resolve()
        cut_off(self.path)
        self.listed = {json.dumps(line) for line in read_lines(self.path, _DESCRIBED)}

    def add(self, described: Iterable[dict]) -> None:
        """List files, unless they are listed already."""
        lines = [json.dumps(one | {"file": (self.store / one["file"]).as_posix()}) for one in described]
        new = [line for line in lines if line not in self.listed]
        self.listed.update(new)
        if new:
            with writing(self.path.parent), self.path.open("ab") as file:
                file.write("".join(f"{line}\n" for line in new).encode())


def copy_attacked(folder: Path, answered: Sequence[Answered], target: Path) -> None:
    """Copy the attacked pictures of these results, which an evaluation keeps in `folder`, to
    `target`/ATTACK/PICTURE.png, where PICTURE is the source's own path below its root, and list them there.

    Where two sources would share a name, it goes to the one that has it exactly, else to the first, and others get a
    number behind it. Raises `EngineError` for pictures of which no file is listed, when all else is copied, and at once
    for a picture that is no longer there and for a folder that cannot be written.
    """
    files = _Files(read_lines(folder / MANIFEST, _DESCRIBED))
    listed, missing = [], []
    for one, name in zip(answered, _names([one.record["key"] for one in answered]), strict=True):
        for arm in one.record["arms"]:
            line = files.of(one.record, arm)
            if line is not None:
                path = PurePosixPath(arm, name)
                _copy(folder / line["file"], target / path)
                listed.append(json.dumps(line | {"file": path.as_posix()}))
            elif arm != CLEAN:
                missing.append(f"{one.record['key']} by {arm}")
    make_folder(target)
    with writing(target):
        replace_file(target / MANIFEST, "".join(f"{line}\n" for line in listed).encode())
    require(
        not missing,
        f"Expected every attacked picture in “{folder / MANIFEST}”; {len(missing):,} of {len(missing) + len(listed):,}"
        f" are not copied, for no file is listed for them, the first: {', '.join(missing[:1])}.",
    )


class _Files:
    """The lines of a list by what they are about."""

    def __init__(self, lines: Iterable[dict]) -> None:
        self.known: dict[tuple, dict[str, dict]] = {}  # then by name of the attacked file
        for line in lines:
            truth = line.get("truth", line["away_from"])  # told apart where an attack went by the model's own answer
            about = line["picture"], truth, line["attack"], line.get("digest")
            lines_by_file = self.known.setdefault(about, {})
            name = PurePosixPath(line["file"]).name
            lines_by_file.pop(name, None)  # so that the latest stands last
            lines_by_file[name] = line

    def of(self, record: dict, arm: str) -> dict | None:
        """The latest line about a record's picture; one of an older version, without a digest, counts where all such
        lines name one file."""
        about = record["key"], record["truth"], arm
        found = self.known.get((*about, record.get("digest")), {})
        older = self.known.get((*about, None), {})
        return next(reversed(found.values()), next(iter(older.values())) if len(older) == 1 else None)


def _names(keys: Sequence[str]) -> list[PurePosixPath]:
    """A path of its own for every key."""
    paths = [own_path(key) for key in keys]
    exact = {str(path).lower(): place for place, path in reversed([*enumerate(paths)]) if str(path) == keys[place]}
    taken = set(exact)
    return [path if exact.get(str(path).lower()) == place else _free(path, taken) for place, path in enumerate(paths)]


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
