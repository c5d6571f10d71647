"""The subject of a command: model, picture and classes, with the options that name them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .. import models, pictures
from .. import story as parts
from ..assets import ASSETS
from ..classes import DEFAULT_TEMPLATE, Classes
from ..datasets.class_lists import EIGHTY, imagenet_templates
from ..errors import EngineError, require
from ..files import make_folder, read_text
from ..models import add_model_options, model_settings
from ..parameters import parameters
from ..pictures import KINDS, load_picture
from ..serialise import box_data, familiarity_data
from ..settings import PictureSettings, Settings
from ..story.recipe import Picture, Recipe
from .options import ATTACK, PICTURE, add_options, given, settings_of
from .tables import amber, wrapped

if TYPE_CHECKING:
    from torch import Tensor

    from ..results import Box, Familiarity

SHARED = ("seed", "legacy")  # options of an attack that matter to views and defences too
CUT_OFF = (
    "The model sees {share:.0%} of the picture: the rest is cut off. --frame moves what it sees, --fit squash or pad"
    " shows it all."
)
SAMPLES = ASSETS / "samples" / "samples.json"
UNKNOWN = "unknown"  # in place of the file of the clean picture
UNKNOWN_CLEAN = "The clean picture is not known: there is no clean answer, no distance and no clean map."


@dataclass(frozen=True, eq=False, slots=True)
class Made:
    """What a picture that was attacked elsewhere was made of: file and pixels (3, s, s), None where that is not known,
    and sentences on what reading both may have lost."""

    clean: Path | None
    pixels: Tensor | None
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Subject:
    """What a command works on: model, pixels (3, s, s) in [0, 1] of a picture of a `size`, fitted as `how` says,
    classes, and the true label where it is known; whether the model knows such pictures, where it can tell; and `made`
    where the picture was attacked elsewhere."""

    backbone: models.Backbone
    image: Path
    note: str
    size: tuple[int, int]
    pixels: Tensor
    classes: Classes
    label: int | None
    how: PictureSettings
    familiarity: Familiarity | None
    made: Made | None = None

    @property
    def heading(self) -> list[str]:
        """Lines that name picture, model, number of classes, truth, how picture and weights are read, and all notes;
        in amber, what an answer is worth about a picture that the model does not know."""
        truth = "" if self.label is None else f", truth: {self.classes.names[self.label]}"
        moved = self.backbone.difference
        tower = "" if moved is None else f" (image tower {moved:.2%} away from the base)"
        named = f"{self.image.name}, {self.backbone.name}{tower}, {len(self.classes)} classes{truth}"
        size = self.backbone.image_size
        read = f"read at {size} × {size} pixels, {self.backbone.reading['in_words']}"
        made = () if self.made is None else self.made.notes
        notes = [*self.backbone.assumed, *(note for note in (self.note, self._cut_off, *made) if note)]
        warned = wrapped("" if self.familiarity is None else self.familiarity.sentence)
        return [named, read, *(line for note in notes for line in wrapped(note)), *map(amber, warned)]

    @property
    def box(self) -> Box:
        """Where the pixels lie in the picture."""
        return self.backbone.box(self.size, self.how)

    @property
    def _cut_off(self) -> str:
        """A sentence on what the model does not see of the picture; empty where it sees all."""
        share = self.box.share
        return "" if share >= 1 else CUT_OFF.format(share=share)

    def story(self, settings: Settings) -> parts.Story:
        """All that can be asked about it under these settings."""
        picture, attacked = Picture(self.pixels), None
        if self.made is not None:
            attacked, known = picture, self.made.pixels
            picture = attacked if known is None else Picture(known)
        return parts.Story(self.backbone, Recipe(picture, self.classes, self.label, settings, attacked))

    def document(self) -> dict:
        """The same as plain data."""
        return {
            "image": str(self.image),
            **({} if self.made is None else {"clean": str(self.made.clean or UNKNOWN), "notes": [*self.made.notes]}),
            "note": self.note,
            "size": list(self.size),
            "crop": box_data(self.box),
            "model": self.backbone.name,
            "difference": self.backbone.difference,
            "precision": self.backbone.precision,
            **self.backbone.reading,
            "classes": list(self.classes.names),
            "templates": list(self.classes.templates),
            "truth": None if self.label is None else self.classes.names[self.label],
            "familiarity": familiarity_data(self.familiarity),
        }


def add_picture_options(parser: argparse.ArgumentParser) -> None:
    """The picture, its classes, the model and the forms of output."""
    parser.add_argument("image", metavar="IMAGE", type=Path, help=f"{KINDS} file")
    add_model_options(parser)
    group = parser.add_argument_group("classes", "Left out for a sample picture, its own classes and truth are used.")
    source = group.add_mutually_exclusive_group()
    source.add_argument("--classes", metavar="FILE", type=Path, help="class names, one per line")
    source.add_argument("--class", metavar="NAME", dest="names", action="append", help="a class name; repeat it")
    group.add_argument(
        "--template",
        action="append",
        help=f"prompt with {{}} for the class name (default: “{DEFAULT_TEMPLATE}”); repeated templates are averaged;"
        f" {EIGHTY}: those that OpenAI asks ImageNet with",
    )
    group.add_argument("--true-class", metavar="NAME", help="what it shows; without it the clean answer is attacked")
    add_options(parser, PICTURE)
    group = parser.add_argument_group("output")
    group.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    group.add_argument("--out", metavar="FOLDER", type=Path, help="write result.json and pictures as exact PNGs here")


def add_clean_option(parser: argparse.ArgumentParser) -> None:
    """That the picture was attacked elsewhere."""
    parser.add_argument_group("attacked elsewhere").add_argument(
        "--clean",
        metavar="FILE",
        type=Path,
        help=f"IMAGE is already attacked, and nothing attacks it here; FILE is the clean one, or the word {UNKNOWN}",
    )


def refuse_attack(args: argparse.Namespace) -> None:
    """Raise `EngineError` for options of an attack on a picture that was attacked elsewhere."""
    if args.clean is not None:
        own = [parameters()[word].option for word in given(args, ATTACK) if word not in SHARED]
        require(not own, f"IMAGE is already attacked, as --clean says, so {', '.join(own)} would do nothing.")


def load_subject(args: argparse.Namespace) -> Subject:
    """The picture, classes and model that the options name; the cheap checks come first."""
    settings, how = model_settings(args), settings_of(args, PICTURE).picture
    picture = load_picture(args.image)
    classes, truth = _classes(args)
    name = args.true_class or truth
    label = None if name is None else classes.index(name)
    backbone = models.apart(partial(models.load_backbone, args.model, args.device, args.precision, settings=settings))
    pixels = backbone.prepare(picture.image, how)
    made = None if getattr(args, "clean", None) is None else _made(args.clean, picture, pixels, backbone, how)
    known = backbone.knows(pixels)
    return Subject(backbone, args.image, picture.note, picture.size, pixels, classes, label, how, known, made)


def _made(
    path: Path, picture: pictures.Picture, pixels: Tensor, backbone: models.Backbone, how: PictureSettings
) -> Made:
    """What the picture with these pixels was made of, as `--clean` says."""
    lost = pictures.lost_in_reading(picture, backbone.image_size)
    if str(path) == UNKNOWN:
        return Made(None, None, tuple(filter(None, (lost, UNKNOWN_CLEAN))))
    original = load_picture(path)
    clean = backbone.prepare(original.image, how)
    apart = pictures.far_apart(original.size, picture.size, float((pixels - clean).abs().max()))
    return Made(path, clean, tuple(filter(None, (lost, apart))))


def emit(args: argparse.Namespace, document: dict, lines: list[str]) -> None:
    """Print `document` as JSON or `lines` for a person; with --out, also keep the document as result.json."""
    if args.out is not None:
        (folder(args) / "result.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    if args.json:
        print(json.dumps(document))
        return
    print("\n".join([*lines, *([f"Files in {args.out}"] if args.out else [])]))


def folder(args: argparse.Namespace) -> Path:
    """The folder of --out, made when needed; raises `EngineError` where it cannot be."""
    return make_folder(args.out)


def _classes(args: argparse.Namespace) -> tuple[Classes, str | None]:
    """The classes asked for, and the true one where a sample knows it."""
    templates = _templates(args.template or (DEFAULT_TEMPLATE,))
    if args.names:
        return Classes(tuple(args.names), templates), None
    if args.classes is not None:
        return read_classes(args.classes, templates), None
    sample = _sample(args.image.name) or _sample(Path(getattr(args, "clean", None) or "").name)
    if sample is None:
        raise EngineError(
            f"“{args.image.name}” is not one of the sample pictures, which know their classes; give --classes FILE, or"
            " --class NAME twice or more."
        )
    return Classes(tuple(sample["classes"]), templates), sample["truth"]


def _templates(given: Sequence[str]) -> tuple[str, ...]:
    """The prompts, each once, with OpenAI's eighty in the place of the word for them."""
    if EIGHTY not in given:
        return tuple(given)
    every = (one for said in given for one in (imagenet_templates() if said == EIGHTY else (said,)))
    return tuple(dict.fromkeys(every))


def _sample(name: str) -> dict | None:
    if not SAMPLES.is_file():
        return None
    samples = json.loads(SAMPLES.read_text(encoding="utf-8"))
    return next((sample for sample in samples if Path(sample["file"]).name == name), None)


def read_classes(path: Path, templates: tuple[str, ...] = (DEFAULT_TEMPLATE,)) -> Classes:
    """The classes of a file with one name per line; raises `EngineError` for one that cannot be read."""
    return Classes.parse(read_text(path, "a text file of class names"), templates)
