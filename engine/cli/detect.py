"""`detect`: could one tell that the picture was attacked."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace

from .. import evaluation
from .. import story as parts
from ..attacks.registry import ATTACKS
from ..detection import SCORES
from ..settings import AttackSettings
from .null_arms import own_null
from .options import ATTACK, add_options, settings_of
from .subject import add_picture_options, emit, load_subject
from .tables import table, wrapped

WHAT = {
    "clean": "clean picture", "noise": "null arm", "attacked": "attacked picture",
    "unnoticed": "attack that knows the scores",
}  # fmt: skip
HOW = "Higher is more suspicious, for every score. The null arm is {null}."
NULL = {True: "noise as large as the change, and harmless", False: "noise as large as the change"}  # limited or not
ENDLESS = "No row tells of an attack that knows the scores: that one keeps to a limit, and {attack} has none."
KEPT = (
    "In parentheses: the share of {pictures} clean pictures with so high a score, which would be false alarms; *: above"
    " the threshold that 5 % of these are above."
)
ARM = "Told from {pictures} clean pictures, {arm} has AUROC (95 % interval): {scores}."
AUROC = "{name} {auroc:.3f} ({low:.3f} to {high:.3f})"
UNKNOWN = "Nothing is kept of other pictures on this model, so there is nothing to compare these numbers with."


def register(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "detect",
        help="see whether one could tell that the picture was attacked",
        description="Attack the picture and score it, the clean one, its null arm (noise as large, unless the attack"
        " has another), and what an attacker who knows the scores makes, if the attack has a limit. The"
        " same settings give the same numbers as the page's step 2.",
    )
    add_picture_options(parser)
    add_options(parser, ATTACK)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Score and print."""
    settings_of(args, ATTACK)  # values out of range are refused before a model is loaded
    subject = load_subject(args)
    settings = replace(settings_of(args, ATTACK, subject.classes), picture=subject.how)
    found = subject.story(settings).result(parts.Detected())
    known = evaluation.references(subject.backbone.fingerprint)
    heads = ("picture", "answer", *SCORES)
    lines = [*subject.heading, "", *table(heads, list(_rows(found, known)))]
    lines += [line for sentence in (*_how(settings.attack), *_told(known)) for line in wrapped(sentence)]
    data = {"detection": parts.detection_data(found), "known": evaluation.reference_data(known)}
    emit(args, subject.document() | data | {"settings": asdict(settings)}, lines)


def _how(attack: AttackSettings) -> Iterator[str]:
    chosen = ATTACKS.named(attack.attack)
    yield HOW.format(null=own_null(attack) or NULL[chosen.limited])
    if not chosen.limited:
        yield ENDLESS.format(attack=chosen.title)


def _rows(found: parts.Detection, known: Sequence[evaluation.Reference]) -> Iterator[tuple[str, ...]]:
    for name, one in found.pictures.items():
        judged = evaluation.judged(known, one.scores)
        cells = (_cell(value, judged.get(score)) for score, value in one.scores.items())
        yield WHAT[name], "" if one.answer is None else one.answer.name, *cells


def _cell(value: float, judged: evaluation.Judged | None) -> str:
    if judged is None:
        return f"{value:.4f}"
    return f"{value:.4f} ({judged.alarms:.3f}){'*' if judged.flagged else ''}"


def _told(known: Sequence[evaluation.Reference]) -> Iterator[str]:
    if not known:
        yield UNKNOWN
        return
    yield KEPT.format(pictures=known[0].pictures)
    for one in evaluation.reference_data(known):
        for arm, of_arm in one["arms"].items():
            scores = (AUROC.format(name=name, **_numbers(found)) for name, found in of_arm["scores"].items())
            yield ARM.format(arm=arm, pictures=one["pictures"], scores="; ".join(scores))


def _numbers(found: dict) -> dict[str, float]:
    low, high = found["auroc_interval"]
    return {"auroc": found["auroc"], "low": low, "high": high}
