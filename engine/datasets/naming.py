"""Class names for folders and labels that were not made to be read by a model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ..classes import spelling
from ..errors import require
from ..files import read_lines
from .imagenet import distinct, number_in, read_names
from .listing import listed

JOINED = re.compile(r"[a-z][A-Z]")  # AnnualCrop


def class_names(found: Sequence[str], file: Path | None, where: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The class names for folders or labels (underscores are spaces), in their order, and notes on them.

    The names come from `file` where there is one: a line for each in order (by code point, as `found` is: capitals
    first, 10 before 2; a note tells where that may surprise), or, for WordNet numbers, one of ImageNet's
    lists. `where` says what was found there. Raises `EngineError` for a file that does not name them all, and for
    WordNet numbers without a file, which no model can read, and for a name of blanks.
    """
    numbers = {name: number for name in found if (number := number_in(name))}
    if file is None:
        require(
            not numbers,
            f"Expected class names; {where} are WordNet numbers ({listed(numbers)}): give --names FILE with lines such"
            " as “n01440764 tench”.",
        )
        blank = [name for name in found if not spelling(name)]
        require(
            not blank,
            f"Expected class names; {where} have one without a word in it, “{''.join(blank[:1])}”: rename it, or give"
            " --names FILE.",
        )
        return tuple(name.replace("_", " ") for name in found), _hint(found)
    if numbers:
        known = read_names(file)
        unnamed = {number for number in numbers.values() if number not in known}
        missing = f"it has none for {listed(unnamed)}"
        require(not unnamed, f"Expected a name for every WordNet number in “{file}”; {missing}.")
        return distinct([known.get(numbers.get(name, ""), name.replace("_", " ")) for name in found]), ()
    lines = read_lines(file, "a text file of class names")
    require(
        len(lines) == len(found),
        f"Expected {len(found)} class names in “{file}”, a line for each of {where} in this order: {listed(found)};"
        f" got {len(lines)}.",
    )
    return tuple(lines), _given(found, lines, file)


def _given(found: Sequence[str], names: Sequence[str], file: Path) -> tuple[str, ...]:
    """A note on which name went to what, where people would count the classes in another order."""
    expected = sorted(found, key=_as_people_count)
    first = next((place for place, pair in enumerate(zip(found, expected, strict=True)) if pair[0] != pair[1]), None)
    if first is None:
        return ()
    pairs = [f"{one} → {name}" for one, name in zip(found[first:], names[first:], strict=True)]
    order = ", ".join(pairs[:8]) + (" …" if len(pairs) > 8 else "")
    return (f"The names of “{file}” were given to the classes in this order: {order}.",)


def _as_people_count(name: str) -> list[int | str]:
    """The name with case aside and its numbers as numbers, so that 2 comes before 10."""
    return [int(part) if part.isdecimal() else part.casefold() for part in re.split(r"(\d+)", name.replace("_", " "))]


def _hint(found: Sequence[str]) -> tuple[str, ...]:
    joined = [name for name in found if JOINED.search(name)]
    if not joined:
        return ()
    hint = "A model reads names such as these as one odd word"
    return (f"{hint}: {listed(joined)}; --names FILE, a line for each class, gives others (“Annual Crop”).",)
