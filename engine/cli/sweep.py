"""`sweep`: one picture under growing limits of the attack, seed by seed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from statistics import median

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

SEEDS = 3
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
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"seeds from --seed on, at least 1 (default {SEEDS})")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Sweep and print."""
    asked = settings_of(args, STORY)  # values out of range are refused before a model is loaded
    ATTACKS.named(asked.attack.attack).check_limited("A sweep of the limit")
    require(args.seeds >= 1, f"Expected at least one seed; got {args.seeds}.")
    subject = load_subject(args)
    settings = replace(settings_of(args, STORY, subject.classes), picture=subject.how)
    points = list(_points(subject, settings, args.seeds))
    rows = [row for limit in parts.limits(settings.attack.norm) for row in _rows(points, settings, limit)]
    lines = [*subject.heading, "", *table(("limit", "defence", "right", "lead", "least", "greatest"), rows)]
    document = {"points": [asdict(point) for point in points], "settings": asdict(settings)}
    emit(args, subject.document() | document, [*lines, *wrapped(LEAD)])


def _points(subject: Subject, settings: Settings, seeds: int) -> Iterator[parts.SweepPoint]:
    base = subject.story(settings)
    label = base.result(parts.Clean()).label if subject.label is None else subject.label
    for own in parts.stories(settings, seeds):
        recipe = Recipe(base.recipe.picture, subject.classes, subject.label, own)
        story = parts.Story(subject.backbone, recipe)
        yield parts.swept(own, [story.result(parts.Defended(name)) for name in settings.defences], label)


def _rows(points: Sequence[parts.SweepPoint], settings: Settings, limit: float) -> Iterator[tuple[str, ...]]:
    """A row for each defence at one limit."""
    here = [point for point in points if point.epsilon == limit]
    for name in settings.defences:
        leads = [point.leads[name] for point in here]
        right = f"{sum(lead > 0 for lead in leads)} of {len(leads)}"
        numbers = (f"{value:.2f}" for value in (median(leads), min(leads), max(leads)))
        yield length(limit, settings.attack.norm), DEFENCES[name].title, right, *numbers
