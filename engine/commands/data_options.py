"""Options for where the pictures of an evaluation come from."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import require
from ..evaluation import CoOpSplit, FieldGuideSeries, Folder, Source, Table
from ..types import DEFAULT_TEMPLATE


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Which pictures, how many, and the prompt for their classes."""
    group = parser.add_argument_group("pictures", "The painted Field Guide, unless one of the others is named.")
    source = group.add_mutually_exclusive_group()
    source.add_argument("--folder", type=Path, metavar="FOLDER", help="one folder of pictures per class")
    source.add_argument("--table", type=Path, metavar="CSV", help="a CSV file with the columns path and label")
    source.add_argument("--split", type=Path, metavar="JSON", help="a split file of CoOp's kind; needs --images")
    group.add_argument("--images", type=Path, metavar="FOLDER", help="where the paths of --split begin")
    group.add_argument("--part", default="test", choices=("train", "val", "test"), help="of --split (default: test)")
    group.add_argument(
        "--pictures", type=int, metavar="N", help="at most N pictures, in turn from every class (Field Guide: 100)"
    )
    group.add_argument(
        "--template",
        dest="templates",
        action="append",
        help=f"prompt with {{}} for the class name (default: “{DEFAULT_TEMPLATE}”); repeated templates are averaged",
    )


def open_source(args: argparse.Namespace) -> Source:
    """The source that the options ask for; raises `EngineError` for one that is not as it should be."""
    require(args.pictures is None or args.pictures >= 1, f"Expected at least one picture; got {args.pictures}.")
    templates = tuple(args.templates or (DEFAULT_TEMPLATE,))
    if args.folder is not None:
        return Folder(args.folder, templates, args.pictures)
    if args.table is not None:
        return Table(args.table, templates, args.pictures)
    if args.split is not None:
        require(args.images is not None, "Expected --images with --split: the folder where its paths begin.")
        return CoOpSplit(args.split, args.images, templates, args.part, args.pictures)
    return FieldGuideSeries(args.pictures or 100, args.seed)
