"""Fifteen data sets of the prompt-tuning literature, as CoOp's instructions lay them out (Zhou et al., IJCV 2022).

Class names come from the files on disk: split files carry them, ImageNet's folders need a list that maps their WordNet
numbers to names. Folders may be called what other repositories call them; case and punctuation do not count.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import EngineError, require
from ..types import DEFAULT_TEMPLATE, Classes
from .sources import ENDINGS, CoOpSplit, Entry, Listed, Templates, in_turn

NUMBER = re.compile(r"n\d{8}")  # a WordNet number
NAME_LISTS = ("classnames.txt", "LOC_synset_mapping.txt", "synset_words.txt", "imagenet_class_index.json")
SYNONYMS = ("LOC_synset_mapping.txt", "synset_words.txt")  # these give several names, with commas between
IMAGENET = ("imagenet", "imagenet1k", "ilsvrc2012")


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
    "imagenet": Layout(IMAGENET, ("images/{}", "{}")),
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
) -> Listed:
    """The data set `name` of `LAYOUTS` below `root` (or `root` itself); `part` is train, val or test.

    ImageNet has no labelled test pictures: its test part is the folder val. Its variants have one part only.
    Raises `EngineError` that names what is missing where.
    """
    require(name in LAYOUTS, f"Expected a data set among {', '.join(LAYOUTS)}; got “{name}”.")
    require(root.is_dir(), f"Expected a folder with data sets; “{root}” is none.")
    layout = LAYOUTS[name]
    homes = _homes(root, layout)
    read = _from_split if layout.split.endswith(".json") else _from_lists if layout.split else _from_folders
    found = read(root, homes, name, part)
    told = {"source": "coop", "set": name, "part": part}
    classes = replace(found.classes, templates=templates)
    return Listed(found.root, tuple(in_turn(found.entries)[:limit]), classes, told)


def _homes(root: Path, layout: Layout) -> list[Path]:
    """Where the set may lie, the likeliest first."""
    near = [root, *sorted(path for path in root.iterdir() if path.is_dir())]
    return [*(path for path in near if _plain(path.resolve().name) in layout.folders), root]


def _plain(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def _from_split(root: Path, homes: list[Path], name: str, part: str) -> Listed:
    layout = LAYOUTS[name]
    shared = [root / "data_splits", root / "data" / "data_splits"]  # one folder for all sets
    named = [folder / layout.split for folder in [*homes, *shared]]
    others = [path for home in homes[:-1] for path in sorted(home.glob("split*.json"))]
    path = next((path for path in [*named, *others] if path.is_file()), None)
    require(path is not None, f"Expected {layout.split}, a file that CoOp's authors offer, in “{homes[0]}”.")
    found = CoOpSplit(path, homes[0], part=part)
    return replace(found, root=_images(homes, name, found.entries[0][0]))


def _from_lists(root: Path, homes: list[Path], name: str, part: str) -> Listed:
    """Aircraft: a line holds a picture's number and its class, another file all classes in order."""
    listing = LAYOUTS[name].split.format(part)
    home = next((folder for folder in _folders(homes) if (folder / listing).is_file()), None)
    require(home is not None, f"Expected {listing} and variants.txt in “{homes[0]}”.")
    names = _text(home / "variants.txt").split("\n")
    classes = Classes(tuple(line.strip() for line in names if line.strip()))
    lines = [line.strip().partition(" ") for line in _text(home / listing).split("\n") if line.strip()]
    unknown = sorted({label for _, _, label in lines} - set(classes.names))
    require(not unknown, f"“{home / listing}” names classes that variants.txt does not: {', '.join(unknown[:3])}.")
    entries = [(f"{number}.jpg", classes.index(label)) for number, _, label in lines]
    return Listed(_images([home], name, entries[0][0]), tuple(entries), classes)


def _images(homes: list[Path], name: str, first: str) -> Path:
    """The folder below which the picture `first` lies."""
    wanted = LAYOUTS[name].images[0]
    likely = [home / wanted for home in homes]
    found = next((folder for folder in [*likely, *_folders(homes)] if (folder / first).is_file()), None)
    require(
        found is not None,
        f"Expected the pictures of {name} below “{likely[0]}”; “{first}” is neither there nor nearby.",
    )
    return found


def _folders(homes: list[Path]) -> Iterator[Path]:
    """The folders and what lies at most two below them."""
    yield from homes
    for pattern in ("*/", "*/*/"):
        for home in homes:
            yield from (path for path in sorted(home.glob(pattern)) if path.is_dir())


def _from_folders(root: Path, homes: list[Path], name: str, part: str) -> Listed:
    """ImageNet and its variants: folders are called by WordNet number, or by place (V2: 0, 1, 10, 100 ... 999)."""
    layout = LAYOUTS[name]
    images = [home / path.format("train" if part == "train" else "val") for home in homes for path in layout.images]
    images = next((p for p in [*images, *homes] if p.is_dir() and any(map(_number, p.iterdir()))), None)
    require(
        images is not None,
        f"Expected folders such as n01440764 below “{homes[0] / layout.images[0].format('val')}”; found none.",
    )
    names = _names([*homes, *_homes(root, LAYOUTS["imagenet"])])
    folders = sorted(path for path in images.iterdir() if _number(path))
    numbers = sorted(names)
    known = {path: _place(path.name, numbers) for path in folders}
    if layout.subset:
        present = sorted(set(known.values()))
        numbers = [numbers[place] for place in present]
        known = {path: present.index(place) for path, place in known.items()}
    entries: list[Entry] = [
        (picture.relative_to(images).as_posix(), known[path])
        for path in folders
        for picture in sorted(path.iterdir())
        if picture.suffix.lower() in ENDINGS
    ]
    require(bool(entries), f"Expected pictures in the folders of “{images}”; found none.")
    return Listed(images, tuple(entries), Classes(_distinct([names[number] for number in numbers])))


def _number(path: Path) -> bool:
    return bool(NUMBER.fullmatch(path.name)) or (path.name.isdigit() and path.parent.name.startswith("imagenetv2"))


def _place(folder: str, numbers: list[str]) -> int:
    """The class of a folder: ImageNet's classes are in the order of their WordNet numbers."""
    place = int(folder) if folder.isdigit() else numbers.index(folder) if folder in numbers else len(numbers)
    require(place < len(numbers), f"The folder “{folder}” has no name in the list of {len(numbers)} class names.")
    return place


def _names(homes: list[Path]) -> dict[str, str]:
    """WordNet number -> class name, from the first list of names there is."""
    path = next((home / name for home in homes for name in NAME_LISTS if (home / name).is_file()), None)
    require(
        path is not None,
        f"Expected {NAME_LISTS[0]} in “{homes[0]}”: a line for each class with its WordNet number and its name.",
    )
    if path.suffix == ".json":
        try:
            return {number: name.replace("_", " ") for number, name in json.loads(_text(path)).values()}
        except (ValueError, TypeError, AttributeError) as error:
            raise EngineError(f"Expected {{“0”: [WordNet number, name], ...}} in “{path}”.") from error
    lines = [line.strip().partition(" ") for line in _text(path).split("\n") if line.strip()]
    wrong = next((number for number, _, name in lines if not NUMBER.fullmatch(number) or not name), None)
    require(wrong is None, f"Expected lines such as “n01440764 tench” in “{path}”; got one with “{wrong}”.")
    return {number: name.split(",")[0] if path.name in SYNONYMS else name for number, _, name in lines}


def _distinct(names: list[str]) -> tuple[str, ...]:
    """The names, with a number behind those that came before: two classes of ImageNet are called missile."""
    seen: dict[str, int] = {}
    told = []
    for name in names:
        count = seen[name.lower()] = seen.get(name.lower(), 0) + 1
        told.append(name if count == 1 else f"{name} {count}")
    return tuple(told)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise EngineError(f"Expected a text file; “{path}” cannot be read.") from error
