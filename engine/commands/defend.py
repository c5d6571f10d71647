"""`defend`: the test-time defences side by side on one attacked picture."""

from __future__ import annotations

import argparse

from ..methods import METHODS, defend
from ..settings import Settings, ViewSettings
from ..types import Defence
from .attack import attack_lines, save_pictures
from .common import Job, add_attack_options, add_picture_options, attack_settings, emit, open_job, run_attack
from .layout import PREDICTION_HEAD, attack_data, prediction_data, prediction_row, table


def register(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    listed = "; ".join(f"{name}: {method.explanation}" for name, method in METHODS.items())
    parser = subparsers.add_parser(
        "defend",
        help="compare test-time defences on the attacked picture",
        description="Attack the picture (unless --eps 0), then ask every defence what it shows.",
        epilog=listed,
    )
    add_picture_options(parser)
    add_attack_options(parser)
    group = parser.add_argument_group("defence")
    group.add_argument(
        "--method", dest="methods", action="append", choices=list(METHODS), help="repeat for several; default: all"
    )
    group.add_argument(
        "--views", type=int, default=ViewSettings().count, metavar="N", help="views per method; default: %(default)s"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Attack, defend, print."""
    settings = Settings(
        attack=attack_settings(args),
        views=ViewSettings(count=args.views, seed=args.seed),
        methods=tuple(args.methods or METHODS),
    )
    job = open_job(args)
    adversarial = run_attack(job, settings.attack)
    if args.out is not None:
        save_pictures(args, adversarial)
    defences = list(defend(job.backbone, adversarial.saved, job.classes, settings))
    rows = [_row(job, defence) for defence in defences]
    lines = [*attack_lines(job, adversarial), "", *table((*PREDICTION_HEAD, "seconds", ""), rows)]
    data = [{"method": d.method, "seconds": d.seconds, "prediction": prediction_data(d.prediction)} for d in defences]
    emit(args, job.document() | {"attack": attack_data(adversarial), "methods": data}, lines)


def _row(job: Job, defence: Defence) -> tuple[str, ...]:
    verdict = "" if job.label is None else "right" if defence.prediction.label == job.label else "wrong"
    return (*prediction_row(METHODS[defence.method].title, defence.prediction), f"{defence.seconds:.2f}", verdict)
