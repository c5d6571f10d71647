"""`fieldguide`: the built-in world; train its model, score it, list its words, paint its samples."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from ..backbone import FIELDGUIDE
from ..errors import require
from ..fieldguide import VOCABULARY
from ..fieldguide.samples import paint_samples
from ..fieldguide.score import answers, summary
from ..fieldguide.train import TrainSettings, train
from ..settings import AttackSettings, Settings, ViewSettings
from .common import SAMPLES, add_attack_options, attack_settings, emit
from .layout import table

WORKERS = os.cpu_count() or 1


def register(subparsers: argparse._SubParsersAction) -> None:
    """Add the command and its four actions."""
    parser = subparsers.add_parser(
        "fieldguide",
        help="train and score the built-in model",
        description="The painted world of the built-in model: its training, its score, its words, its samples.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    _register_train(actions)
    _register_score(actions)
    words = actions.add_parser("words", help="list the words the built-in model knows")
    words.set_defaults(run=lambda args: print("\n".join(sorted(VOCABULARY))))
    samples = actions.add_parser("samples", help="paint the sample pictures of the page again")
    samples.add_argument("--out", type=Path, default=SAMPLES.parent, help="folder (default: assets/samples)")
    samples.set_defaults(run=lambda args: paint_samples(args.out))


def _register_train(actions: argparse._SubParsersAction) -> None:
    default = TrainSettings()
    parser = actions.add_parser(
        "train",
        help="train the built-in model, or go on where training was stopped",
        description="Paint the training pictures (about 4 GB in --cache) and train. Stop it whenever you like: the same"
        " command goes on from the last checkpoint, at most three minutes back.",
    )
    parser.add_argument("--pictures", type=int, default=default.pictures, help="pictures shown (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=default.seed, help="default: %(default)s")
    parser.add_argument("--cache", type=Path, required=True, help="folder for painted pictures and checkpoints")
    parser.add_argument("--out", type=Path, default=FIELDGUIDE, help="folder of the model (default: assets/fieldguide)")
    parser.add_argument("--workers", type=int, default=WORKERS, help="painting processes (default: one per core)")
    parser.set_defaults(run=_train)


def _train(args: argparse.Namespace) -> None:
    train(TrainSettings(pictures=args.pictures, seed=args.seed), args.cache, args.out, args.workers)


def _register_score(actions: argparse._SubParsersAction) -> None:
    parser = actions.add_parser(
        "score",
        help="measure model and defences on fresh held-out specimens",
        description="Paint held-out specimens, ask 40-way questions with near neighbours among the answers, attack"
        " every picture with its true label, and defend it. The number of workers does not change the numbers.",
    )
    add_attack_options(parser)
    parser.add_argument("--pictures", type=int, default=100, help="default: %(default)s")
    parser.add_argument("--views", type=int, default=ViewSettings().count, help="per method (default: %(default)s)")
    parser.add_argument("--clean-arms", action="store_true", help="also defend the clean pictures")
    parser.add_argument("--workers", type=int, default=WORKERS, help="processes (default: one per core)")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.set_defaults(run=_score, out=None)


def _score(args: argparse.Namespace) -> None:
    require(args.pictures >= 1, f"Expected at least one picture; got {args.pictures}.")
    require(args.workers >= 1, f"Expected at least one worker; got {args.workers}.")
    settings = Settings(attack=attack_settings(args), views=ViewSettings(count=args.views))
    stream = answers(args.pictures, args.seed, settings, workers=args.workers, clean_arms=args.clean_arms)
    collected = list(tqdm(stream, total=args.pictures, unit="pictures", file=sys.stderr, disable=args.json))
    shown = {
        "seed": args.seed,
        "attack": _readable(settings.attack),
        "views": args.views,
        "tuning": asdict(settings.tuning),
        "ensemble": asdict(settings.ensemble),
    }
    result = summary(collected, shown)
    rows = [
        (arm, f"{value:.3f}", f"{low:.3f} ... {high:.3f}")
        for (arm, value), (low, high) in zip(result["accuracy"].items(), result["intervals"].values(), strict=True)
    ]
    emit(args, result, table(("arm", "accuracy", "95 % interval"), rows))


def _readable(attack: AttackSettings) -> dict:
    """Attack settings with lengths in levels of 1/255, as the options give them."""
    return {
        "method": attack.method,
        "eps": round(attack.epsilon * 255, 4),
        "step": round(attack.step * 255, 4),
        "steps": attack.steps,
    }
