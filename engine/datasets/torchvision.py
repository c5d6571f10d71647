"""Data sets that torchvision keeps and that classify; nothing is downloaded unless asked for.

Where a set's pictures are files, they are read as those of all other data sets are.
"""

from __future__ import annotations

import inspect
import os
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from PIL import Image

from ..classes import DEFAULT_TEMPLATE, Classes
from ..errors import EngineError, require
from ..pictures import load_picture
from .base import Question, Templates, reader
from .coop import LAYOUTS

if TYPE_CHECKING:
    from torchvision.datasets import VisionDataset

Parts = dict[str, dict]  # train, val or test -> the constructor's arguments

FLAG: Parts = {"train": {"train": True}, "test": {"train": False}}
TWO: Parts = {part: {"split": part} for part in ("train", "test")}
THREE: Parts = {part: {"split": part} for part in ("train", "val", "test")}
WHOLE: Parts = {"test": {}}  # torchvision does not split these: all pictures

DIGITS = tuple("0123456789")
NUMBER = "a photo of the number {}."
LIMITS = tuple(f"speed limit {limit}" for limit in (20, 30, 50, 60, 70, 80))
SIGNS = (
    *LIMITS, "end of speed limit 80", "speed limit 100", "speed limit 120", "no overtaking", "no overtaking for trucks",
    "priority at the next crossing", "priority road", "yield", "stop", "no vehicles", "no trucks", "no entry", "danger",
    "bend to the left", "bend to the right", "double bend", "bumpy road", "slippery road", "road narrows", "road works",
    "traffic lights", "pedestrians", "children", "bicycles", "snow or ice", "wild animals", "end of all limits",
    "turn right ahead", "turn left ahead", "straight ahead only", "straight ahead or right", "straight ahead or left",
    "keep right", "keep left", "roundabout", "end of no overtaking", "end of no overtaking for trucks",
)  # fmt: skip
LAND = (
    "Annual Crop Land", "Forest", "Herbaceous Vegetation Land", "Highway or Road", "Industrial Buildings",
    "Pasture Land", "Permanent Crop Land", "Residential Buildings", "River", "Sea or Lake",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """How torchvision's class of the set's name is constructed, its class names (`names` where its own are not
    readable), and the prompt and A-TPT's domain word that go with the set.

    `file` gives the file of a picture and its label, by set and number, where torchvision's class opens files and takes
    no `loader`.
    """

    parts: Parts
    names: tuple[str, ...] = ()
    template: str = DEFAULT_TEMPLATE
    word: str = ""
    file: Callable[[Any, int], tuple[str, int]] | None = None


class _Wording(TypedDict):
    template: str
    word: str


def _like(name: str) -> _Wording:
    """Prompt and word of the same pictures in CoOp's layout."""
    return {"template": LAYOUTS[name].template, "word": LAYOUTS[name].word}


def _pets(found: Any, place: int) -> tuple[str, int]:
    return found._images[place], found._labels[place]


def _caltech(folder: str, called: str, found: Any, place: int) -> tuple[str, int]:
    label = found.y[place]
    name = called.format(label=label + 1, number=found.index[place])
    return os.path.join(found.root, folder, found.categories[label], name), label


SETS: dict[str, Known] = {  # by the names of torchvision's classes
    "CIFAR10": Known(FLAG),
    "CIFAR100": Known(FLAG),
    "STL10": Known(TWO),
    "Flowers102": Known(THREE, **_like("oxford_flowers")),
    "OxfordIIITPet": Known(
        {"train": {"split": "trainval"}, "test": {"split": "test"}},
        **_like("oxford_pets"),
        file=_pets,
    ),
    "DTD": Known(THREE, **_like("dtd")),
    "EuroSAT": Known(WHOLE, LAND, **_like("eurosat")),
    "Food101": Known(TWO, **_like("food101")),
    "FGVCAircraft": Known(THREE, **_like("fgvc_aircraft")),
    "Caltech101": Known(
        WHOLE,
        **_like("caltech101"),
        file=partial(_caltech, "101_ObjectCategories", "image_{number:04d}.jpg"),
    ),
    "Caltech256": Known(WHOLE, file=partial(_caltech, "256_ObjectCategories", "{label:03d}_{number:04d}.jpg")),
    "StanfordCars": Known(TWO, **_like("stanford_cars")),
    "SUN397": Known(WHOLE, **_like("sun397")),
    "SVHN": Known(TWO, DIGITS, NUMBER),
    "MNIST": Known(FLAG, DIGITS, NUMBER),
    "FashionMNIST": Known(FLAG),
    "GTSRB": Known(TWO, SIGNS, "a photo of a “{}” traffic sign."),
    "Country211": Known(
        {"train": {"split": "train"}, "val": {"split": "valid"}, "test": {"split": "test"}},
        template="a photo taken in {}.",
    ),
    "PCAM": Known(THREE, ("healthy lymph node tissue", "lymph node tumor tissue"), "this is a photo of {}."),
    "Imagenette": Known({"train": {"split": "train"}, "test": {"split": "val"}}),
}


@dataclass(frozen=True, slots=True)
class TorchvisionSet:
    """Pictures of one of `SETS`, which has `size` of them, in `order`."""

    name: str
    root: Path
    part: str
    classes: Classes
    order: tuple[int, ...]
    size: int
    plain: bool = False

    def __len__(self) -> int:
        return len(self.order)

    def key(self, index: int) -> str:
        """The picture's number in torchvision's list."""
        return str(self.order[index])

    def ask(self, index: int) -> Callable[[], Question]:
        """The picture at that place of the order."""
        return partial(_question, self.name, self.root, self.part, self.classes, self.order[index], self.plain)

    def recognises(self, index: int, record: dict) -> bool:
        """Always: torchvision's list is the same as long as its length is."""
        return True

    def document(self) -> dict:
        """The set, its part and size, how its files are read, and the classes."""
        origin = {"source": "torchvision", "set": self.name, "part": self.part, "size": self.size}
        classes = {"classes": list(self.classes.names), "templates": list(self.classes.templates)}
        return {**origin, **reader(self.plain), **classes}


def Torchvision(  # noqa: N802
    name: str,
    root: Path,
    templates: Templates = (DEFAULT_TEMPLATE,),
    part: str = "test",
    limit: int | None = None,
    names: tuple[str, ...] = (),
    download: bool = False,
    plain: bool = False,
) -> TorchvisionSet:
    """The data set `name` of `SETS` in `root`, where torchvision keeps it, or with `download` puts it.

    Its pictures come in one shuffled order, always the same, so that the first `limit` are a fair sample. `names`
    replace its class names (Country211 has only country codes). `plain` is that of `load_picture`, for files. Raises
    `EngineError` for a set or part that does not exist, for pictures that are not there, for a hidden folder or
    a file among those of the classes, and for another number of names.
    """
    require(name in SETS, f"Expected a data set among {', '.join(SETS)}; got “{name}”.")
    parts = SETS[name].parts
    require(part in parts, f"Expected a part of {name} among {', '.join(parts)}; got “{part}”.")
    if download:
        _read(name, root, part, True)
    found = _open(name, root, part, plain)
    given = _names_of(found)
    hidden = next((one for one in given if one.startswith(".")), "")
    require(not hidden, f"Expected the classes of {name} in “{root}”; torchvision takes “{hidden}” for one: remove it.")
    own = SETS[name].names or given
    require(len(names) in (0, len(own)), f"Expected {len(own)} class names for {name}; got {len(names)}.")
    order = list(range(len(found)))
    random.Random(0).shuffle(order)
    classes = Classes(names or own, templates)
    return TorchvisionSet(name, root.resolve(), part, classes, tuple(order[:limit]), len(found), plain)


def built_by(name: str) -> Callable[..., VisionDataset]:
    """torchvision's class of that name."""
    from torchvision import datasets  # takes seconds and brings torch

    return getattr(datasets, name)


def takes_loader(build: Callable[..., VisionDataset]) -> bool:
    """Whether torchvision's class opens its files by a function of ours."""
    return "loader" in inspect.signature(build).parameters


def _read(name: str, root: Path, part: str, download: bool, plain: bool = False) -> VisionDataset:
    build = built_by(name)
    loader = {"loader": partial(_load, root, plain)} if takes_loader(build) else {}
    try:
        return build(str(root), download=download, **SETS[name].parts[part], **loader)
    except NotADirectoryError as error:  # what a file manager left among the folders of the classes
        stray = os.path.relpath(error.filename, root)
        raise EngineError(
            f"Expected the classes of {name} in “{root}”; torchvision takes the file “{stray}” for one: remove it."
        ) from error
    except (RuntimeError, OSError, ValueError, LookupError, ImportError) as error:
        why = str(error).split("\n")[0].split(". You can")[0]
        raise EngineError(
            f"Expected {name} in “{root}” as torchvision keeps it ({why}); --download fetches it."
        ) from error


@cache
def _open(name: str, root: Path, part: str, plain: bool) -> VisionDataset:
    """The set, opened once a process, for some keep all their pixels in memory."""
    return _read(name, root, part, False, plain)


def _load(root: Path, plain: bool, path: str | Path) -> Image.Image:
    try:
        return load_picture(path, plain).image
    except EngineError as error:
        raise EngineError(f"{os.path.relpath(path, root)}: {error}") from error


def _names_of(found: VisionDataset) -> tuple[str, ...]:
    """The class names that torchvision has; none where it has none."""
    names = next((getattr(found, own) for own in ("categories", "classes") if hasattr(found, own)), ())
    return tuple(_spoken(name[0] if isinstance(name, tuple) else name) for name in names)


def _spoken(name: str) -> str:
    """Without Caltech256's numbers in front, underscores and slashes."""
    return " ".join(re.sub(r"^\d{3}\.", "", name).replace("_", " ").replace("/", " ").split())


def _question(name: str, root: Path, part: str, classes: Classes, place: int, plain: bool) -> Question:
    found, file = _open(name, root, part, plain), SETS[name].file
    try:
        if file is None:
            image, label = found[place]
            image = image.convert("RGB")
        else:
            path, label = file(found, place)
            image = _load(root, plain, path)
    except OSError as error:  # of Pillow, where torchvision opens the file itself
        raise EngineError(f"{place}: Expected a picture; torchvision cannot read it ({error}).") from error
    return Question(str(place), image, classes, int(label), classes.names[int(label)])
