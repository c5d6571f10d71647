"""`defend`: the whole story of one picture: attack, views, tuning, and every test-time defence side by side."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from .. import story as parts
from ..defences.registry import DEFENCES
from ..parameters import STORY
from ..serialise import attack_data, defence_data
from .attack import attack_lines, save_pictures
from .options import add_options, settings_of
from .subject import Subject, add_clean_option, add_picture_options, emit, load_subject, refuse_attack
from .tables import PREDICTION_HEAD, prediction_row, table

if TYPE_CHECKING:
    from ..results import Prediction

OWN = "your settings"


def register(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    listed = "; ".join(f"{name}: {defence.explanation}" for name, defence in DEFENCES.items())
    parser = subparsers.add_parser(
        "defend",
        help="attack the picture and compare test-time defences on it",
        description="Attack the picture (unless --eps 0, or --clean says that it is attacked already), then ask"
        " every defence what it shows. The same settings give the same numbers as the page.",
        epilog=listed,
    )
    add_picture_options(parser)
    add_clean_option(parser)
    add_options(parser, STORY)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Attack, defend, print."""
    settings_of(args, STORY)  # values out of range are refused before a model is loaded
    refuse_attack(args)
    subject = load_subject(args)
    settings = replace(settings_of(args, STORY, subject.classes), picture=subject.how)
    story = subject.story(settings)
    adversarial = story.result(parts.Attack())
    steps = [story.result(parts.Tune(step)).step for step in range(settings.tuning.steps + 1)]
    ensemble = story.result(parts.Weighted())
    defences = [story.result(parts.Defended(name)) for name in settings.defences]
    if args.out is not None:
        save_pictures(args, adversarial)
    rows = [_row(subject, DEFENCES[d.defence].title, d.prediction, f"{d.seconds:.2f}") for d in defences]
    rows.append(_row(subject, OWN, ensemble.prediction, ""))
    began, ended = steps[0], steps[-1]
    tuned = (
        f"prompt tuned on {len(began.kept)} of {settings.views.count} views, loss {began.loss:.4f} to {ended.loss:.4f}"
    )
    lines = [*attack_lines(subject, adversarial), "", *table((*PREDICTION_HEAD, "seconds", ""), rows), "", tuned]
    if ensemble.weighting == "tv" or any("tv_map" in DEFENCES[d.defence].uses for d in defences):
        lines.append(f"TV weights: {settings.ensemble.tv_reading}")
    document = {"attack": attack_data(adversarial)} | defence_data(steps, ensemble, defences)
    document |= {"settings": asdict(settings)}
    emit(args, subject.document() | document, lines)


def _row(subject: Subject, title: str, prediction: Prediction, seconds: str) -> tuple[str, ...]:
    verdict = "" if subject.label is None else "right" if prediction.label == subject.label else "wrong"
    return (*prediction_row(title, prediction), seconds, verdict)
