"""`transfer`: does an attack made on one model fool others."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING

from .. import models
from .. import story as parts
from ..errors import require
from .null_arms import own_null
from .options import ATTACK, add_options, settings_of
from .subject import add_picture_options, emit, load_subject
from .tables import table, wrapped

if TYPE_CHECKING:
    from ..results import Prediction

ENDS = {
    "transferred": "transferred: fools it too", "held": "no transfer", "missed": "not fooled itself",
    "turned": "fools this one alone", "noisy": "the null arm does it too", "spoilt": "wrong before: cannot be judged",
}  # fmt: skip
OWN = {"transferred": "fools it", "missed": "not fooled"}  # what the first row says of the model attacked itself
HOW = (
    "lead: by how many logits the class that should be answered leads the best other one. Every model answers about the"
    " squares that the attacked one saw: clean, attacked, and in the null arm, which is {null}."
)
NOISE = "as much random noise"
RESIZED = (
    "{names} looked at another size: the pictures were resized from {size} pixels a side, which weakens an attack."
)


def register(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "transfer",
        help="see whether an attack made on one model fools others",
        description="Attack the picture on --model and let each --answer-with say what it shows, with the same classes"
        " and sentences, read in its own way. The same settings give the same numbers as the page's step 2.",
    )
    add_picture_options(parser)
    add_options(parser, ATTACK)
    parser.add_argument(
        "--answer-with", metavar="MODEL", action="append", required=True,
        help="a model that answers, named as --model is; repeat for several",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Attack one model, ask the others and print."""
    settings_of(args, ATTACK)  # values out of range are refused before a model is loaded
    require(args.model not in args.answer_with, f"Expected another model than {args.model} to answer; it is attacked.")
    subject = load_subject(args)
    settings = replace(settings_of(args, ATTACK, subject.classes), picture=subject.how)
    names = dict.fromkeys(args.answer_with)
    others = [models.apart(partial(models.load_backbone, name, args.device, args.precision)) for name in names]
    found = parts.transfer_of(subject.story(settings), others)
    (row,) = parts.transfer_data([found])
    heads = ("answered by", "pixels", "clean", "lead", "attacked", "lead", "null arm", "lead", "the attack")
    resized = [one.model for one in found.asked if found.resized(one)]
    size = subject.backbone.image_size
    said = [RESIZED.format(names=", ".join(resized), size=size)] if resized else []
    remarks = (line for one in (HOW.format(null=own_null(settings.attack) or NOISE), *said) for line in wrapped(one))
    lines = [*subject.heading, "", *table(heads, list(_rows(found))), *remarks]
    emit(args, subject.document() | {"transfer": row, "settings": asdict(settings)}, lines)


def _rows(found: parts.Transfer) -> Iterator[tuple[str, ...]]:
    for place, one in enumerate(found.asked):
        end = found.outcome(one)
        answers = (_answer(answer, found.label) for answer in (one.clean, one.attacked, one.noise))
        said = ENDS[end] if place else OWN.get(end, ENDS[end])
        yield one.model, str(one.size), *(cell for pair in answers for cell in pair), said


def _answer(answer: Prediction | None, label: int) -> tuple[str, str]:
    return ("", "") if answer is None else (answer.name, f"{answer.lead(label):.2f}")
