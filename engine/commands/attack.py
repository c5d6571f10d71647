"""`attack`: a small change that turns the answer."""

from __future__ import annotations

import argparse

from ..drawing import amplified
from ..pictures import save_png
from ..plain import attack_data
from ..types import Adversarial
from .common import Job, add_attack_options, add_picture_options, attack_settings, emit, folder, open_job, run_attack
from .layout import PREDICTION_HEAD, prediction_row, table


def register(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "attack",
        help="change the picture a little so that the answer turns",
        description="Change the picture by at most --eps levels of 255 so that the model's answer turns.",
    )
    add_picture_options(parser)
    add_attack_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Attack once, print, and keep the pictures with --out."""
    settings = attack_settings(args)
    job = open_job(args)
    adversarial = run_attack(job, settings)
    if args.out is not None:
        save_pictures(args, adversarial)
    emit(args, job.document() | {"attack": attack_data(adversarial)}, attack_lines(job, adversarial))


def save_pictures(args: argparse.Namespace, adversarial: Adversarial) -> None:
    """Clean and attacked picture and the change between them, stretched so that eps fills the range."""
    target = folder(args)
    save_png(adversarial.clean, target / "clean.png")
    save_png(adversarial.saved, target / "adversarial.png")
    save_png(amplified(adversarial.clean, adversarial.saved, adversarial.epsilon), target / "perturbation.png")


def attack_lines(job: Job, adversarial: Adversarial) -> list[str]:
    """The attack for a person."""
    rows = [
        prediction_row("clean", adversarial.before),
        prediction_row("attacked", adversarial.after),
        prediction_row("attacked, 8 bits", adversarial.after_saved),
    ]
    name = job.classes.names[adversarial.label]
    origin = "the truth" if adversarial.from_truth else "the clean answer"
    return [
        job.heading,
        *([job.note] if job.note else []),
        f"{adversarial.method}, eps {adversarial.epsilon * 255:g}/255, {len(adversarial.steps)} steps,"
        f" {adversarial.seconds:.2f} s, away from {name} ({origin})",
        "",
        *table(PREDICTION_HEAD, rows),
        "",
        f"largest change {adversarial.linf() * 255:.0f}/255, L2 {adversarial.l2():.3f}: {_verdict(adversarial)}",
    ]


def _verdict(adversarial: Adversarial) -> str:
    if adversarial.before.label != adversarial.label:
        return "wrong before the attack"
    return "fooled" if adversarial.fooled else "held"
