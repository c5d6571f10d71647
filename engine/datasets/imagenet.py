"""ImageNet and its variants on disk: one folder per class, called by its WordNet number, and a list that names them."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from ..classes import Classes, spelling
from ..errors import EngineError, require
from ..files import read_json, read_lines
from .base import Entry, Listed
from .listing import Passed, paths_in, pictures_below

NUMBER = re.compile(r"n\d{8}")  # a WordNet number
CALLED = re.compile(r"[nN](\d{8})(?:[-_. ].*)?")  # a folder or label that begins with one: n01440764_tench
NAME_LISTS = ("classnames.txt", "LOC_synset_mapping.txt", "synset_words.txt", "imagenet_class_index.json")
SYNONYMS = ("LOC_synset_mapping.txt", "synset_words.txt")  # these give several names, with commas between


def read_numbered(likely: Sequence[Path], naming: Sequence[Path], subset: bool = False) -> Listed:
    """The pictures in the first of the folders `likely` that holds classes, named by the first list among `naming`.

    Class folders are called by WordNet number or, in ImageNet-V2, by place: 0, 1, 10, 100 ... 999. The classes are all
    that the list names or, with `subset`, those that there are folders of. Raises `EngineError` that tells what is
    missing where.
    """
    images = next((path for path in likely if os.path.isdir(path) and any(map(_is_class, paths_in(path)))), None)
    if images is None:
        raise EngineError(f"Expected folders such as n01440764 below “{likely[0]}”; found none.")
    names = _names(naming)
    folders = [path for path in paths_in(images) if _is_class(path)]
    numbers = sorted(names)
    known = {path: _place(path.name, numbers) for path in folders}
    if subset:
        present = sorted(set(known.values()))
        numbers = [numbers[place] for place in present]
        known = {path: present.index(place) for path, place in known.items()}
    passed = Passed()
    entries: list[Entry] = [
        (picture.relative_to(images).as_posix(), known[path])
        for path in folders
        for picture in pictures_below(path, passed)
    ]
    require(bool(entries), f"Expected pictures in the folders of “{images}”; found none.")
    classes = Classes(distinct([names[number] for number in numbers]))
    return Listed(images, tuple(entries), classes, notes=passed.notes())


def _is_class(path: Path) -> bool:
    return bool(NUMBER.fullmatch(path.name)) or (path.name.isdigit() and path.parent.name.startswith("imagenetv2"))


def _place(folder: str, numbers: list[str]) -> int:
    """The class of a folder: ImageNet's classes are in the order of their WordNet numbers."""
    place = int(folder) if folder.isdigit() else numbers.index(folder) if folder in numbers else len(numbers)
    require(place < len(numbers), f"The folder “{folder}” has no name in the list of {len(numbers)} class names.")
    return place


def _names(naming: Sequence[Path]) -> dict[str, str]:
    """WordNet number -> class name, from the first list of names there is."""
    path = next((folder / name for folder in naming for name in NAME_LISTS if os.path.isfile(folder / name)), None)
    if path is None:
        raise EngineError(
            f"Expected {NAME_LISTS[0]} in “{naming[0]}”: a line for each class with its WordNet number and its name."
        )
    return read_names(path)


def read_names(path: Path) -> dict[str, str]:
    """WordNet number -> class name, from one of the lists that go with ImageNet, by the name and ending of its file.

    Raises `EngineError` for a file that is none.
    """
    if path.suffix == ".json":
        index = read_json(path, "a list of class names")
        try:
            return {number: name.replace("_", " ") for number, name in index.values()}
        except (ValueError, TypeError, AttributeError) as error:
            raise EngineError(f"Expected {{“0”: [WordNet number, name], ...}} in “{path}”.") from error
    names: dict[str, str] = {}
    for line in read_lines(path, "a list of class names"):
        number, name = [*line.split(maxsplit=1), ""][:2]
        valid = NUMBER.fullmatch(number) and name
        require(bool(valid), f"Expected lines such as “n01440764 tench” in “{path}”; got one with “{number}”.")
        name = name.split(",")[0] if path.name in SYNONYMS else name
        before = names.setdefault(number, name)
        require(before == name, f"Expected one name for {number} in “{path}”; got “{before}” and “{name}”.")
    return names


def number_in(name: str) -> str:
    """The WordNet number that a folder or label goes by (`N01440764`, `n01440764_tench`); "" where it has none."""
    called = CALLED.fullmatch(name)
    return f"n{called[1]}" if called else ""


def distinct(names: list[str]) -> tuple[str, ...]:
    """The names, with a number behind those that came before: two classes of ImageNet are called missile."""
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        form = spelling(name)
        count = seen[form] = seen.get(form, 0) + 1
        distinct.append(name if count == 1 else f"{name} {count}")
    return tuple(distinct)
