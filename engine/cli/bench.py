"""`bench`: how long each stage takes on this machine, in seconds and in forward passes of one picture."""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from ..attacks import attack
from ..classes import Classes
from ..defences.tuning import tune
from ..errors import require
from ..fieldguide.world.questions import make_question
from ..maps.attend import attend
from ..models import Backbone, load_backbone
from ..models.predict import predict
from ..results import ViewSet
from ..settings import AttackSettings, AttentionSettings, Settings, TuneSettings, ViewSettings
from ..story.explore import explore
from ..views.guided import make_views
from .subject import add_model_options, emit
from .tables import table

WARM_UP = 1
PAGE = Path(__file__).resolve().parents[2] / "app.py"
READY = "The page is ready"  # what the page's process prints when it can be opened


@dataclass(frozen=True, slots=True)
class Timing:
    """Median seconds of a stage, and the project's limit for two cores and the built-in model (None: no limit)."""

    stage: str
    seconds: float
    limit: float | None


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
    started = time.perf_counter()
    backbone = load_backbone(args.model, args.device, args.precision)
    timings = [Timing("load the model", time.perf_counter() - started, None), *_stages(backbone, args.runs)]
    timings += _page(args)
    forward = next(timing.seconds for timing in timings if timing.stage == "predict")
    memory = _memory()
    data = [
        {"stage": t.stage, "seconds": t.seconds, "forwards": t.seconds / forward, "limit": t.limit} for t in timings
    ]
    document = {"model": backbone.name, "device": str(backbone.device), "precision": backbone.precision}
    document |= {"threads": torch.get_num_threads(), "stages": data, "memory_gb": memory, "memory_limit_gb": 2.5}
    rows = [(t.stage, f"{t.seconds:.3f}", f"{t.seconds / forward:.1f}", _limit(t)) for t in timings]
    lines = [
        f"{backbone.name} on {backbone.device}, {backbone.precision}, {torch.get_num_threads()} threads,"
        f" median of {args.runs}",
        "",
        *table(("stage", "seconds", "forwards", "limit"), rows),
        "",
        f"most resident memory {memory:.2f} GB (limit 2.5 GB)",
    ]
    emit(args, document, lines)


def _limit(timing: Timing) -> str:
    if timing.limit is None:
        return ""
    return f"< {timing.limit:g} s {'held' if timing.seconds < timing.limit else 'MISSED'}"


def _stages(backbone: Backbone, runs: int) -> list[Timing]:
    pixels, classes = _question(backbone)
    views: list[ViewSet] = []

    def attention_views() -> None:
        views[:] = [make_views(backbone, pixels, classes, ViewSettings())]

    stages: list[tuple[str, Callable[[], object], float | None]] = [
        ("predict", lambda: predict(backbone, pixels, classes), None),
        ("PGD, 20 steps", lambda: list(attack(backbone, pixels, classes, AttackSettings())), 6),
        ("one map", lambda: attend(backbone, pixels, classes, AttentionSettings()), None),
        ("64 views with maps", attention_views, 6),
        ("one tuning step", lambda: list(tune(backbone, views[0], classes, TuneSettings())), 1),
        ("whole story", lambda: list(explore(backbone, pixels, classes, Settings())), 25),
    ]
    return [Timing(name, _median(stage, runs), limit) for name, stage, limit in stages]


def _page(args: argparse.Namespace) -> list[Timing]:
    """How long the page's own process takes until it can be opened; nothing where the engine stands alone."""
    if not PAGE.is_file():
        return []
    chosen = ["--model", args.model, "--device", args.device, "--precision", args.precision]
    command = [sys.executable, str(PAGE), *chosen]

    def start() -> None:
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as page:
            said = next((line for line in page.stdout if line.startswith(READY)), None)
            page.terminate()
        require(said is not None, f"Expected {PAGE.name} to say “{READY}”; it ended without.")

    return [Timing("page ready after start", _median(start, args.runs), 15)]


def _question(backbone: Backbone) -> tuple[Tensor, Classes]:
    question = make_question(seed=0, index=0)
    return backbone.prepare(Image.fromarray(question.painting.pixels)), question.classes


def _median(stage: Callable[[], object], runs: int) -> float:
    seconds = []
    for index in range(WARM_UP + runs):
        started = time.perf_counter()
        stage()
        if index >= WARM_UP:
            seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _memory() -> float:
    """Largest resident set of this process in GB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
