"""`predict`: the answer of the undefended model."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .. import story as parts
from ..errors import require
from ..parameters import words
from ..serialise import attack_data, none_data, prediction_data
from ..settings import AnswerSettings, Settings
from .attack import attack_lines
from .options import add_options, given, settings_of
from .subject import add_clean_option, add_picture_options, emit, load_subject
from .tables import table, wrapped

if TYPE_CHECKING:
    from ..results import Prediction

SHOWN = 10
ANSWER = words("answer")
COSINE = (
    "prob: how the classes divide 1 among them; cosine: how well this class's sentence fits the picture at all, from -1"
    " to 1."
)


def register(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "predict", help="say what the picture shows", description="Say what the model takes the picture for."
    )
    add_picture_options(parser)
    add_clean_option(parser)
    add_options(parser, ANSWER)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Predict once and print."""
    how = settings_of(args, ANSWER).answer
    idle = how.none_of_these or "none_below" not in given(args, ANSWER)
    require(idle, "--none-below is about --none-of-these, which was not asked for.")
    subject = load_subject(args)
    if subject.made is not None:
        adversarial = subject.story(Settings()).result(parts.Attack())
        emit(args, subject.document() | {"attack": attack_data(adversarial)}, attack_lines(subject, adversarial))
        return
    prediction = subject.story(Settings()).result(parts.Clean())
    lines = [
        *subject.heading,
        "",
        *_answers(prediction, with_cosines=subject.familiarity is None or how.none_of_these),
        "",
        f"entropy {prediction.entropy:.3f} nats, margin {prediction.margin:.2f} logits",
        *_none_of_these(prediction, how),
    ]
    answers = {"prediction": prediction_data(prediction), "none_of_these": none_data(prediction, how)}
    emit(args, subject.document() | answers, lines)


def _answers(prediction: Prediction, with_cosines: bool) -> list[str]:
    """The likeliest classes; cosines beside them unless the model itself tells which pictures it knows."""
    cosines = prediction.cosines
    if cosines is None or not with_cosines:
        return table(("class", "prob"), [(name, f"{share:.4f}") for name, share in prediction.top(SHOWN)])
    places = prediction.classes.names.index
    rows = [(name, f"{share:.4f}", f"{cosines[places(name)]:.2f}") for name, share in prediction.top(SHOWN)]
    return [*table(("class", "prob", "cosine"), rows), *wrapped(COSINE)]


def _none_of_these(prediction: Prediction, how: AnswerSettings) -> list[str]:
    """Whether the answer is “none of these”, and by how much; nothing where that is not among the answers."""
    best = prediction.best_cosine
    if not how.none_of_these or best is None:
        return []
    said = f"the best cosine, {best:.3f} for {prediction.name},"
    if prediction.abstains(how):
        return wrapped(f"none of these: {said} is below {how.none_below:g}")
    return wrapped(f"not “none of these”: {said} reaches {how.none_below:g}")
