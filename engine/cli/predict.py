"""`predict`: the answer of the undefended model."""

from __future__ import annotations

import argparse

from .. import story as parts
from ..serialise import attack_data, familiarity_data, prediction_data
from ..settings import Settings
from .attack import attack_lines
from .subject import add_clean_option, add_picture_options, emit, load_subject
from .tables import amber, table, wrapped

SHOWN = 10


def register(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "predict", help="say what the picture shows", description="Say what the model takes the picture for."
    )
    add_picture_options(parser)
    add_clean_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Predict once and print."""
    subject = load_subject(args)
    if subject.made is not None:
        adversarial = subject.story(Settings()).result(parts.Attack())
        emit(args, subject.document() | {"attack": attack_data(adversarial)}, attack_lines(subject, adversarial))
        return
    prediction = subject.story(Settings()).result(parts.Clean())
    familiarity = prediction.familiarity
    warned = (
        [] if familiarity is None or familiarity.accepted else [amber(line) for line in wrapped(familiarity.sentence)]
    )
    rows = [(name, f"{probability:.4f}") for name, probability in prediction.top(SHOWN)]
    lines = [
        *subject.heading,
        *warned,
        "",
        *table(("class", "prob"), rows),
        "",
        f"entropy {prediction.entropy:.3f} nats, margin {prediction.margin:.2f} logits",
    ]
    answers = {"prediction": prediction_data(prediction), "familiarity": familiarity_data(familiarity)}
    emit(args, subject.document() | answers, lines)
