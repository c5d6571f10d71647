"""`evaluate`: every method in every arm on many pictures, resumable, with intervals and paired differences."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from tqdm import tqdm

from ..errors import require
from ..evaluation import CoOpSplit, FieldGuideSeries, Folder, Plan, Source, Table, evaluate, summarise
from ..types import DEFAULT_TEMPLATE
from .attack_options import add_attacks_options, all_attack_settings
from .common import add_model_options
from .defence_options import add_defence_options, defence_settings
from .layout import table

SUMMARY = "summary.json"
WORKERS = os.cpu_count() or 1


def register(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "evaluate",
        help="measure methods and attacks on many pictures",
        description="Attack every picture away from its true label, let every method answer, and print accuracies with"
        " 95 % Wilson intervals and paired differences. With --out, records are kept line by line: the same command"
        " goes on where it was stopped or killed, and attacked pictures are used again. Records do not depend on the"
        " number of workers.",
    )
    _add_data_options(parser)
    add_model_options(parser)
    add_attacks_options(parser)
    add_defence_options(parser)
    group = parser.add_argument_group("run")
    group.add_argument("--clip-on-clean", action="store_true", help="only CLIP answers the clean pictures")
    group.add_argument("--against", metavar="METHOD", help="compare the others with this one (default: the last)")
    group.add_argument("--workers", type=int, default=WORKERS, help="processes (default: one per core)")
    group.add_argument("--out", metavar="FOLDER", type=Path, help="keep records, attacked pictures and summary here")
    group.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.set_defaults(run=run)


def _add_data_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("pictures", "The painted Field Guide, unless one of the others is named.")
    source = group.add_mutually_exclusive_group()
    source.add_argument("--folder", type=Path, metavar="FOLDER", help="one folder of pictures per class")
    source.add_argument("--table", type=Path, metavar="CSV", help="a CSV file with the columns path and label")
    source.add_argument("--split", type=Path, metavar="JSON", help="a split file of CoOp's kind; needs --images")
    group.add_argument("--images", type=Path, metavar="FOLDER", help="where the paths of --split begin")
    group.add_argument("--part", default="test", choices=("train", "val", "test"), help="of --split (default: test)")
    group.add_argument("--pictures", type=int, metavar="N", help="at most N pictures (Field Guide: 100)")
    group.add_argument("--template", default=DEFAULT_TEMPLATE, help="prompt, {} for the class (default: “%(default)s”)")


def run(args: argparse.Namespace) -> None:
    """Evaluate, keep, print."""
    source, plan = _source(args), _plan(args)
    require(args.against is None or args.against in plan.methods, f"--against {args.against} is not evaluated here.")
    stream = evaluate(source, plan, args.model, args.device, args.out, args.workers)
    bar = tqdm(stream, total=len(source), unit="pictures", file=sys.stderr, disable=args.json)
    summary = {"model": args.model, **summarise(list(bar), args.against), "plan": plan.document()}
    if args.out is not None:
        (args.out / SUMMARY).write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(summary) if args.json else "\n".join(_lines(summary)))


def _source(args: argparse.Namespace) -> Source:
    require(args.pictures is None or args.pictures >= 1, f"Expected at least one picture; got {args.pictures}.")
    if args.folder is not None:
        return Folder(args.folder, args.template, args.pictures)
    if args.table is not None:
        return Table(args.table, args.template, args.pictures)
    if args.split is not None:
        require(args.images is not None, "Expected --images with --split: the folder where its paths begin.")
        return CoOpSplit(args.split, args.images, args.template, args.part, args.pictures)
    return FieldGuideSeries(args.pictures or 100, args.seed)


def _plan(args: argparse.Namespace) -> Plan:
    attacks = all_attack_settings(args)
    return Plan(defence_settings(args, attacks[0]), attacks, args.seed, not args.clip_on_clean)


def _lines(summary: dict) -> list[str]:
    lines = [f"{summary['pictures']} pictures, {summary['model']}"]
    for arm, told in summary["arms"].items():
        pairs = {pair["first"]: pair for pair in told["pairs"]}
        base = told["pairs"][0]["second"] if told["pairs"] else ""
        rows = [_row(method, told, pairs.get(method)) for method in told["accuracy"]]
        head = (arm, "accuracy", "95 % interval", f"only it / only {base}" if base else "", "McNemar p")
        lines += ["", *table(head, rows)]
    return lines


def _row(method: str, told: dict, pair: dict | None) -> tuple[str, ...]:
    low, high = told["intervals"][method]
    split = ("", "") if pair is None else (f"{pair['only_first']} / {pair['only_second']}", f"{pair['p']:.3g}")
    return (method, f"{told['accuracy'][method]:.3f}", f"{low:.3f} ... {high:.3f}", *split)
