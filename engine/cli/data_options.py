"""Options for where the pictures of an evaluation come from."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..classes import DEFAULT_TEMPLATE
from ..datasets.base import Source
from ..datasets.coop import LAYOUTS, CoOp, Layout
from ..datasets.folders import Folder
from ..datasets.splits import CoOpSplit
from ..datasets.tables import Table
from ..datasets.torchvision import SETS, Known, Torchvision
from ..errors import EngineError, require
from ..fieldguide.series import FieldGuideSeries
from .subject import read_classes


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Which pictures, how many, and the prompt for their classes."""
    group = parser.add_argument_group("pictures", "The painted Field Guide, unless one of the others is named.")
    source = group.add_mutually_exclusive_group()
    source.add_argument("--folder", type=Path, metavar="FOLDER", help="one folder of pictures per class")
    source.add_argument("--table", type=Path, metavar="CSV", help="a CSV file with the columns path and label")
    source.add_argument("--split", type=Path, metavar="JSON", help="a split file of CoOp's kind; needs --images")
    source.add_argument(
        "--coop", nargs=2, metavar=("ROOT", "NAME"), help=f"a data set as CoOp lays it out: {', '.join(LAYOUTS)}"
    )
    source.add_argument(
        "--torchvision", nargs=2, metavar=("NAME", "ROOT"), help=f"one that torchvision reads: {', '.join(SETS)}"
    )
    group.add_argument("--images", type=Path, metavar="FOLDER", help="where the paths of --split begin")
    parts = "of a --split, --coop or --torchvision (default: test)"
    group.add_argument("--part", default="test", choices=("train", "val", "test"), help=parts)
    group.add_argument(
        "--names",
        type=Path,
        metavar="FILE",
        help="class names for --folder and --table, a line for each folder or label in order (capitals first, 10"
        " before 2), or for WordNet numbers a list of ImageNet's; other ones for --torchvision, a line each",
    )
    group.add_argument(
        "--plain-rgb",
        action="store_true",
        help="read picture files as published protocols did, by Pillow's conversion to RGB alone: not turned upright"
        " (but TIFFs, which Pillow turns itself), colour profiles and transparency ignored, values of 16 bits not"
        " scaled, never reduced",
    )
    group.add_argument("--download", action="store_true", help="let torchvision fetch what is not there")
    group.add_argument(
        "--pictures", type=int, metavar="N", help="at most N, of as many classes as possible (Field Guide: 100)"
    )
    prompt = group.add_mutually_exclusive_group()
    prompt.add_argument(
        "--template",
        dest="templates",
        action="append",
        metavar="TEXT",
        help=f"prompt with {{}} for the class name (default: “{DEFAULT_TEMPLATE}”); repeated templates are averaged",
    )
    prompt.add_argument(
        "--own-prompt", action="store_true", help="the prompt made for the data set of --coop or --torchvision"
    )
    group.add_argument(
        "--own-word", action="store_true", help="as --domain-word, the word that A-TPT has for that data set"
    )


def open_source(args: argparse.Namespace) -> Source:
    """The source that the options ask for; raises `EngineError` for one that is not as it should be."""
    require(args.pictures is None or args.pictures >= 1, f"Expected at least one picture; got {args.pictures}.")
    torchvision = args.torchvision is not None
    require(torchvision or not args.download, "--download goes with --torchvision.")
    named = torchvision or args.folder is not None or args.table is not None
    require(named or args.names is None, "--names goes with --folder, --table and --torchvision.")
    files = named or args.split is not None or args.coop is not None
    require(files or not args.plain_rgb, "--plain-rgb goes with pictures that are files; the Field Guide is painted.")
    templates = (known_set(args).template,) if args.own_prompt else tuple(args.templates or (DEFAULT_TEMPLATE,))
    if args.folder is not None:
        return Folder(args.folder, templates, args.pictures, args.names, args.plain_rgb)
    if args.table is not None:
        return Table(args.table, templates, args.pictures, args.names, args.plain_rgb)
    if args.split is not None:
        require(args.images is not None, "Expected --images with --split: the folder where its paths begin.")
        return CoOpSplit(args.split, args.images, templates, args.part, args.pictures, args.plain_rgb)
    if args.coop is not None:
        root, name = args.coop
        return CoOp(Path(root), name, templates, args.part, args.pictures, args.plain_rgb)
    if args.torchvision is not None:
        name, root = args.torchvision
        names = () if args.names is None else read_classes(args.names).names
        given = (Path(root), templates, args.part, args.pictures, names, args.download, args.plain_rgb)
        return Torchvision(name, *given)
    return FieldGuideSeries(args.pictures or 100, args.seed or 0)


def known_set(args: argparse.Namespace) -> Layout | Known:
    """What is known of the data set that the options name: its prompt and A-TPT's word for it.

    Raises `EngineError` where they name none.
    """
    known = LAYOUTS.get(args.coop[1]) if args.coop else SETS.get(args.torchvision[0]) if args.torchvision else None
    if known is None:
        raise EngineError("--own-prompt and --own-word go with a data set of --coop or --torchvision.")
    return known
