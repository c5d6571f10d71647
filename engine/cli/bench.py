"""`bench`: what each stage costs on this machine: seconds, operations, memory, beside the literal schedules."""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from .. import benchmarks, models
from ..classes import MAX_CLASSES
from ..errors import require
from ..models import BUILT_IN, add_model_options, model_settings
from .cost_figure import save_cost_figure
from .cost_tables import cost_lines, literal_data, stage_data
from .subject import emit
from .tables import wrapped

if TYPE_CHECKING:
    from ..models import Backbone

SHAPES = ("TinyCLIP-39M-16", "ViT-B-32", "ViT-B-16", "RN50")
DEFENCES = ("tpt", "r-tpt", "a-tpt")
MEANINGLESS = "The weights are random: times are those of the real model, answers mean nothing."


def register(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "bench",
        help="time every stage on this machine, beside the published codes' schedules",
        description="Time every stage on one painted picture, count its operations, and set TPT, R-TPT and A-TPT beside"
        " the literal schedule of their released codes, in fp32: views encoded again for every pass, maps one view at a"
        " time, prompts read anew at each pass, every sentence to its last token. Limits are those of the built-in"
        " model on two cores; operations and ratios carry over to other machines better than seconds do.",
    )
    add_model_options(parser)
    group = parser.add_argument_group("what is timed")
    group.add_argument(
        "--random", choices=SHAPES, help="a model of this shape with random weights, for which nothing is downloaded"
    )
    group.add_argument("--classes", type=int, default=40, metavar="N", help="made-up classes (default: %(default)s)")
    group.add_argument("--runs", type=int, default=3, metavar="N", help="runs per stage (default: %(default)s)")
    group.add_argument(
        "--literal", action="append", choices=(*DEFENCES, "none"), help="run only this literal schedule, or none, and"
        " count the others' operations; repeat it (default: all; A-TPT's takes minutes on larger models)"
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument(
        "--figure", type=Path, metavar="FILE", help="also time how the cost of a picture grows with views, classes and"
        " resolution, and draw it here"
    )  # fmt: skip
    parser.set_defaults(run=run, out=None)


def run(args: argparse.Namespace) -> None:
    """Time all stages and print."""
    require(args.runs >= 1, f"Expected at least one run; got {args.runs}.")
    require(2 <= args.classes <= MAX_CLASSES, f"Expected 2 to {MAX_CLASSES:,} classes; got {args.classes}.")
    require(not args.random or args.model == BUILT_IN, "Expected --model or --random; got both.")
    from ..models.kept_texts import none_kept

    started = time.perf_counter()
    backbone = _loaded(args, args.precision)
    loaded = time.perf_counter() - started
    with none_kept():  # what is timed is worked out
        document = _about(args, backbone) | _measured(args, backbone, loaded)
        if args.figure:
            panels = list(benchmarks.growth.growth(backbone))
            save_cost_figure(panels, _title(document), args.figure)
            document["growth"] = [asdict(series) for series in panels]
    emit(args, document, [*_heading(document), "", *cost_lines(document)])


def _about(args: argparse.Namespace, backbone: Backbone) -> dict:
    import torch

    return {
        "model": backbone.name,
        "random_weights": bool(args.random),
        "device": str(backbone.device),
        "precision": backbone.precision,
        **backbone.reading,
        "classes": args.classes,
        "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "runs": args.runs,
    }


def _measured(args: argparse.Namespace, backbone: Backbone, loaded: float) -> dict:
    """All stages and literal schedules; matrix products are timed before and after them, as the load may change."""
    machine, speed = benchmarks.machine, benchmarks.speed
    pixels = benchmarks.subjects.picture(backbone)
    classes = benchmarks.subjects.made_up_classes(backbone, args.classes)
    before = machine.matrix_rates(backbone.device, dict.fromkeys(("fp32", backbone.precision)))
    timings = [speed.Timing("load the model", loaded), *speed.stage_timings(backbone, pixels, classes, args.runs)]
    plain = backbone if backbone.precision == "fp32" else _loaded(args, "fp32")
    costs = list(benchmarks.comparison.literal_costs(plain, pixels, classes, args.literal or DEFENCES))
    after = machine.matrix_rates(backbone.device, before)
    peaks = {name: max(rate, after[name]) for name, rate in before.items()}
    return {
        "matrix_products_per_second": peaks,
        "stages": stage_data(timings, peaks[backbone.precision]),
        "literal": literal_data(costs, timings, peaks["fp32"]),
        "memory_gb": max(timing.memory_gb or 0 for timing in timings),
        "memory_limit_gb": speed.MEMORY_LIMIT_GB,
    }


def _loaded(args: argparse.Namespace, precision: str) -> Backbone:
    if args.random:
        return benchmarks.random_model.random_backbone(args.random, args.device, precision)
    return models.load_backbone(args.model, args.device, precision, settings=model_settings(args))


def _title(document: dict) -> str:
    return f"{document['model']} on {document['device']}, {document['precision']}, {document['threads']} threads"


def _heading(document: dict) -> list[str]:
    rates = document["matrix_products_per_second"].items()
    return [
        *([MEANINGLESS] if document["random_weights"] else []),
        f"{_title(document)}, {document['classes']} classes, median of {document['runs']}"
        + ("" if document["load"] is None else f"; load of the machine at the start {document['load']:.1f}"),
        document["in_words"],
        *(line for sentence in document["assumed"] for line in wrapped(sentence)),
        "fastest matrix product: " + ", ".join(f"{rate / 1e9:.0f} GFLOP/s in {name}" for name, rate in rates),
    ]
