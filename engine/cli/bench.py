"""`bench`: how long each stage takes on this machine, in seconds and in forward passes of one picture."""

from __future__ import annotations

import argparse
import time

from .. import benchmarks, models
from ..errors import require
from ..models import add_model_options, model_settings
from .subject import emit
from .tables import table, wrapped


def register(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "bench",
        help="time every stage on this machine",
        description="Time every stage on one painted picture with 40 classes. Limits are those of the built-in model on"
        " two cores; ratios to one forward pass carry over to other machines better than seconds do.",
    )
    add_model_options(parser)
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="runs per stage (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.set_defaults(run=run, out=None)


def run(args: argparse.Namespace) -> None:
    """Time all stages and print."""
    require(args.runs >= 1, f"Expected at least one run; got {args.runs}.")
    import torch

    speed = benchmarks.speed
    settings = model_settings(args)
    started = time.perf_counter()
    backbone = models.load_backbone(args.model, args.device, args.precision, settings=settings)
    loaded = speed.Timing("load the model", time.perf_counter() - started, None)
    timings = [loaded, *speed.stage_timings(backbone, args.runs)]
    forward = next(timing.seconds for timing in timings if timing.stage == "predict")
    memory = speed.peak_memory_gb()
    data = [
        {"stage": t.stage, "seconds": t.seconds, "forwards": t.seconds / forward, "limit": t.limit} for t in timings
    ]
    document = {"model": backbone.name, "device": str(backbone.device), "precision": backbone.precision}
    document |= {**backbone.reading, "threads": torch.get_num_threads(), "stages": data}
    document |= {"memory_gb": memory, "memory_limit_gb": speed.MEMORY_LIMIT_GB}
    rows = [(t.stage, f"{t.seconds:.3f}", f"{t.seconds / forward:.1f}", t.verdict) for t in timings]
    lines = [
        f"{backbone.name} on {backbone.device}, {backbone.precision}, {torch.get_num_threads()} threads,"
        f" median of {args.runs}",
        backbone.reading["in_words"],
        *(line for sentence in backbone.assumed for line in wrapped(sentence)),
        "",
        *table(("stage", "seconds", "forwards", "limit"), rows),
        "",
        f"most resident memory {memory:.2f} GB (limit {speed.MEMORY_LIMIT_GB:g} GB)",
    ]
    emit(args, document, lines)
