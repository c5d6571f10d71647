"""`sweep`: one picture under growing limits of the attack, seed by seed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict, replace

from .. import story as parts
from ..attacks.registry import ATTACKS
from ..defences.registry import DEFENCES
from ..errors import require
from ..parameters import STORY, length
from ..settings import Settings
from ..story.recipe import Recipe
from .options import add_options, settings_of
from .subject import Subject, add_picture_options, emit, load_subject
from .tables import table, wrapped

LEAD = (
    "right: with how many seeds; lead: by how much, in nats, the class that should be answered leads the best other"
    " one, the middle of all seeds, and the least and the greatest."
)


def register(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "sweep",
        help="see up to which limit of the attack each defence holds on a picture",
        description="Attack the picture at 0, 1, 2, 4, 8 and 16 of 255 (with --norm l2 at 0 to 4 times the usual"
        " length), each with several seeds, and ask every defence what it shows. The same settings give the same"
        " numbers as the page's step 7.",
    )
    add_picture_options(parser)
    add_options(parser, STORY)
    parser.add_argument(
        "--seeds",
        type=int,
        default=parts.USUAL_SEEDS,
        help=f"seeds from --seed on, at least 1 (default {parts.USUAL_SEEDS})",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Sweep and print."""
    asked = settings_of(args, STORY)  # values out of range are refused before a model is loaded
    ATTACKS.named(asked.attack.attack).check_limited("A sweep of the limit")
    require(args.seeds >= 1, f"Expected at least one seed; got {args.seeds}.")
    subject = load_subject(args)
    settings = replace(settings_of(args, STORY, subject.classes), picture=subject.how)
    points = list(_points(subject, settings, args.seeds))
    rows = [_row(level, settings.attack.norm) for level in parts.levels(points, settings)]
    lines = [*subject.heading, "", *table(("limit", "defence", "right", "lead", "least", "greatest"), rows)]
    document = parts.sweep_data(points, settings) | {"settings": asdict(settings)}
    emit(args, subject.document() | document, [*lines, *wrapped(LEAD)])


def _points(subject: Subject, settings: Settings, seeds: int) -> Iterator[parts.SweepPoint]:
    base = subject.story(settings)
    label = base.result(parts.Clean()).label if subject.label is None else subject.label
    for own in parts.stories(settings, seeds):
        recipe = Recipe(base.recipe.picture, subject.classes, subject.label, own)
        story = parts.Story(subject.backbone, recipe)
        yield parts.swept(own, [story.result(parts.Defended(name)) for name in settings.defences], label)


def _row(level: parts.SweepLevel, norm: str) -> tuple[str, ...]:
    numbers = (f"{value:.2f}" for value in (level.lead, level.least, level.greatest))
    return length(level.epsilon, norm), DEFENCES[level.defence].title, f"{level.right} of {level.seeds}", *numbers
