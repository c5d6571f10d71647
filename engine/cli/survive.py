"""`survive`: what becomes of an attack behind what happens to pictures."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from .. import story as parts
from .options import ATTACK, add_options, settings_of
from .subject import add_picture_options, emit, load_subject
from .tables import table, wrapped

if TYPE_CHECKING:
    from ..results import Prediction

ENDS = {
    "held": "survives", "gone": "gone: answered again", "spoilt": "cannot be told: clean turns too",
    "missed": "fooled nobody", "turned": "turns the answer only now",
}  # fmt: skip
HOW = (
    "lead: by how many logits the class that should be answered leads the best other one. Each change is made to the"
    " 8-bit picture at the size that the model sees."
)


def register(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "survive",
        help="see whether an attack outlives compression, resizing, crops, blur, screenshots and print",
        description="Attack the picture, send it and the clean one through what happens to pictures, and ask the model"
        " again. The same settings give the same numbers as the page's step 2.",
    )
    add_picture_options(parser)
    add_options(parser, ATTACK)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Send both pictures on their way and print."""
    settings_of(args, ATTACK)  # values out of range are refused before a model is loaded
    subject = load_subject(args)
    settings = replace(settings_of(args, ATTACK, subject.classes), picture=subject.how)
    found = subject.story(settings).result(parts.Survives())
    data = parts.survival_data(found)
    counts = ", ".join(f"{ENDS[end]} {count}" for end, count in data["outcomes"].items() if count)
    heads = ("change", "clean", "lead", "attacked", "lead", "the attack")
    lines = [*subject.heading, "", *table(heads, list(_rows(found))), *wrapped(f"{counts}. {HOW}")]
    emit(args, subject.document() | {"survival": data, "settings": asdict(settings)}, lines)


def _rows(found: parts.Survival) -> Iterator[tuple[str, ...]]:
    for row in found.rows:
        answers = (*_answer(row.clean, found.label), *_answer(row.attacked, found.label))
        yield row.name or "none", *answers, ENDS[found.outcome(row)] if row.name else ""


def _answer(answer: Prediction | None, label: int) -> tuple[str, str]:
    return ("", "") if answer is None else (answer.name, f"{answer.lead(label):.2f}")
