"""`places`: where the pictures of a story went, on the plane of three sentences."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace

from .. import story as parts
from ..parameters import STORY
from .options import add_options, settings_of
from .subject import add_picture_options, emit, load_subject
from .tables import table, wrapped

WHAT = {
    "clean": "clean picture", "noise": "null arm", "attacked": "attacked picture",
    "tuned": "attacked picture, tuned prompt", "before": "weighted views, untuned", "answer": "weighted views, tuned",
}  # fmt: skip
HOW = (
    "x, y: where it lies on the plane of the sentences of “{first}”, “{second}” and “{third}”, in units of cosine;"
    " lead: by how many logits the first fits it better than the second. The null arm is random noise as large as the"
    " change, unless the attack has another. --json has every view too."
)


def register(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "places",
        help="see where attack, tuning and views take a picture between three sentences",
        description="Attack the picture, make views of it and tune the prompt, and place all of them on the plane that"
        " three sentences span: that of the attacked class, of the answer after the attack and of the next in question."
        " The same settings give the same numbers as the page's step 6.",
    )
    add_picture_options(parser)
    add_options(parser, STORY)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Place and print."""
    settings_of(args, STORY)  # values out of range are refused before a model is loaded
    subject = load_subject(args)
    settings = replace(settings_of(args, STORY, subject.classes), picture=subject.how)
    placed = subject.story(settings).result(parts.Placed())
    data = parts.places_data(placed, subject.classes.names)
    rows = [
        (WHAT[name], *(f"{value:.4f}" for value in place.tolist()), f"{placed.leads[name]:.2f}")
        for name, place in placed.marks.items()
    ]
    said = HOW.format(**dict(zip(("first", "second", "third"), data["classes"], strict=True)))
    lines = [*subject.heading, "", *table(("what", "x", "y", "lead"), rows), *wrapped(said)]
    emit(args, subject.document() | {"places": data, "settings": asdict(settings)}, lines)
