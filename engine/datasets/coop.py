"""Fifteen data sets of the prompt-tuning literature, as CoOp's instructions lay them out (Zhou et al., IJCV 2022).

Class names come from the files on disk. Folders may be called what other repositories call them; case and punctuation
do not count.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..classes import DEFAULT_TEMPLATE, Classes, find
from ..errors import EngineError, require
from ..files import read_lines
from .base import Entry, Listed, Templates, gather
from .imagenet import read_numbered
from .listing import paths_in
from .splits import CoOpSplit

LOOKED_FOR = 100  # pictures by which the folder of a set is found


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a data set lies: its folder by any of `folders`, in it its `split` file and its pictures below `images`.

    A `split` that ends in .txt is Aircraft's kind, an empty one ImageNet's: one folder per class; `subset` tells that
    its classes are those it has folders of. `template` is the prompt CoOp gives the set, `word` A-TPT's domain word.
    """

    folders: tuple[str, ...]
    images: tuple[str, ...]
    split: str = ""
    template: str = DEFAULT_TEMPLATE
    word: str = ""
    subset: bool = False


LAYOUTS: dict[str, Layout] = {
    "caltech101": Layout(("caltech101",), ("101_ObjectCategories",), "split_zhou_Caltech101.json", word="object"),
    "oxford_pets": Layout(
        ("oxfordpets", "oxfordiiitpet", "pets"),
        ("images",),
        "split_zhou_OxfordPets.json",
        "a photo of a {}, a type of pet.",
        "pet",
    ),
    "stanford_cars": Layout(("stanfordcars", "cars"), ("",), "split_zhou_StanfordCars.json", word="car"),
    "oxford_flowers": Layout(
        ("oxfordflowers", "flower102", "flowers102", "oxfordflowers102"),
        ("jpg",),
        "split_zhou_OxfordFlowers.json",
        "a photo of a {}, a type of flower.",
        "flower",
    ),
    "food101": Layout(("food101",), ("images",), "split_zhou_Food101.json", "a photo of {}, a type of food."),
    "fgvc_aircraft": Layout(
        ("fgvcaircraft", "aircraft", "fgvcaircraft2013b"),
        ("images",),
        "images_variant_{}.txt",
        "a photo of a {}, a type of aircraft.",
        "aircraft",
    ),
    "sun397": Layout(("sun397",), ("SUN397",), "split_zhou_SUN397.json"),
    "dtd": Layout(
        ("dtd", "describabletextures"), ("images",), "split_zhou_DescribableTextures.json", "{} texture.", "texture"
    ),
    "eurosat": Layout(
        ("eurosat",),
        ("2750",),
        "split_zhou_EuroSAT.json",
        "a centered satellite photo of {}.",
        "satellite-map",
    ),
    "ucf101": Layout(
        ("ucf101",), ("UCF-101-midframes",), "split_zhou_UCF101.json", "a photo of a person doing {}.", "action"
    ),
    "imagenet": Layout(("imagenet", "imagenet1k", "ilsvrc2012"), ("images/{}", "{}")),
    "imagenetv2": Layout(("imagenetv2",), ("imagenetv2-matched-frequency-format-val",)),
    "imagenet_sketch": Layout(("imagenetsketch",), ("images", "sketch")),
    "imagenet_a": Layout(("imagenetadversarial", "imageneta"), ("imagenet-a",), subset=True),
    "imagenet_r": Layout(("imagenetrendition", "imagenetr"), ("imagenet-r",), subset=True),
}


def CoOp(  # noqa: N802
    root: Path,
    name: str,
    templates: Templates = (DEFAULT_TEMPLATE,),
    part: str = "test",
    limit: int | None = None,
    plain: bool = False,
) -> Listed:
    """The data set `name` of `LAYOUTS` below `root` (or `root` itself); `part` is train, val or test, `plain` that of
    `load_picture`.

    ImageNet has no labelled test pictures: its test part is the folder val. Its variants have one part only.
    Raises `EngineError` that names what is missing where.
    """
    require(name in LAYOUTS, f"Expected a data set among {', '.join(LAYOUTS)}; got “{name}”.")
    require(os.path.isdir(root), f"Expected a folder with data sets; “{root}” is none.")
    layout = LAYOUTS[name]
    homes = _homes(root, layout)
    read = _from_split if layout.split.endswith(".json") else _from_lists if layout.split else _from_folders
    found = read(root, homes, name, part)
    origin = {"source": "coop", "set": name, "part": part}
    classes = replace(found.classes, templates=templates)
    return gather(found.root, found.entries, classes, origin, limit, plain, found.notes)


def _homes(root: Path, layout: Layout) -> list[Path]:
    """Where the set may lie, the likeliest first."""
    near = [root, *(path for path in paths_in(root) if os.path.isdir(path))]
    return [*(path for path in near if _plain(path.resolve().name) in layout.folders), root]


def _plain(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def _from_split(root: Path, homes: list[Path], name: str, part: str) -> Listed:
    layout = LAYOUTS[name]
    shared = [root / "data_splits", root / "data" / "data_splits"]  # one folder for all sets
    named = [folder / layout.split for folder in [*homes, *shared]]
    others = [path for home in homes[:-1] for path in sorted(home.glob("split*.json"))]
    path = next((path for path in [*named, *others] if os.path.isfile(path)), None)
    if path is None:
        raise EngineError(f"Expected {layout.split}, a file that CoOp's authors offer, in “{homes[0]}”.")
    found = CoOpSplit(path, homes[0], part=part)
    return replace(found, root=_images(homes, name, found.entries))


def _from_lists(root: Path, homes: list[Path], name: str, part: str) -> Listed:
    """Aircraft: a line holds a picture's number and its class, another file all classes in order."""
    listing = LAYOUTS[name].split.format(part)
    home = next((folder for folder in _folders(homes) if os.path.isfile(folder / listing)), None)
    if home is None:
        raise EngineError(f"Expected {listing} and variants.txt in “{homes[0]}”.")
    classes = Classes(tuple(read_lines(home / "variants.txt", "a list of classes")))
    lines = [line.partition(" ") for line in read_lines(home / listing, "a list of pictures")]
    require(bool(lines), f"Expected a list of pictures; “{home / listing}” is empty.")
    unknown = sorted(label for label in {label for _, _, label in lines} if find(label, classes.names) is None)
    require(not unknown, f"“{home / listing}” names classes that variants.txt does not: {', '.join(unknown[:3])}.")
    entries = [(f"{number}.jpg", classes.index(label)) for number, _, label in lines]
    return Listed(_images([home], name, entries), tuple(entries), classes)


def _images(homes: list[Path], name: str, entries: Sequence[Entry]) -> Path:
    """The folder below which pictures of the entries lie, though some may be missing."""
    wanted = LAYOUTS[name].images[0]
    likely = [home / wanted for home in homes]
    few = [path for path, _ in entries[:LOOKED_FOR]]
    places = [*likely, *_folders(homes)]
    found = next((folder for folder in places if any(os.path.isfile(folder / path) for path in few)), None)
    if found is None:
        raise EngineError(
            f"Expected the pictures of {name} below “{likely[0]}”; “{few[0]}” is neither there nor nearby."
        )
    return found


def _folders(homes: list[Path]) -> Iterator[Path]:
    """The folders and what lies at most two below them."""
    yield from homes
    for pattern in ("*/", "*/*/"):
        for home in homes:
            yield from (path for path in sorted(home.glob(pattern)) if os.path.isdir(path) and path.name[0] != ".")


def _from_folders(root: Path, homes: list[Path], name: str, part: str) -> Listed:
    """ImageNet and its variants: a folder per class, and ImageNet's list of names for all of them."""
    layout, chosen = LAYOUTS[name], "train" if part == "train" else "val"
    likely = [home / path.format(chosen) for home in homes for path in layout.images]
    return read_numbered([*likely, *homes], [*homes, *_homes(root, LAYOUTS["imagenet"])], layout.subset)
