"""`attack`: a small change of the picture that changes the answer."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from .. import story as parts
from ..attacks.registry import ATTACKS
from ..parameters import length
from ..pictures import load_picture, save_png
from ..serialise import attack_data, change_data
from .drawing import amplified
from .options import ATTACK, add_options, settings_of
from .subject import Subject, add_picture_options, emit, folder, load_subject
from .tables import PREDICTION_HEAD, prediction_row, table, wrapped

if TYPE_CHECKING:
    from ..results import Adversarial

NO_LIMIT = "no limit on the change"
CHANGE_HEAD = ("the change", "Linf x 255", "L2")
BLIND = "The gradient was zero at the first step: the attack could not see which way to go, so it proves nothing."


def register(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "attack",
        help="change the picture a little so that the answer turns",
        description="Change the picture so that the model's answer turns, by at most --eps where the attack has a"
        " limit, and measure the change as computed, in 8 bits, and read back from a PNG file.",
    )
    add_picture_options(parser)
    add_options(parser, ATTACK)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Attack once, print, and keep the pictures with --out."""
    settings_of(args, ATTACK)  # values out of range are refused before a model is loaded
    subject = load_subject(args)
    adversarial = subject.story(settings_of(args, ATTACK, subject.classes)).result(parts.Attack())
    if args.out is not None:
        save_pictures(args, adversarial)
    filed = through_a_file(subject, adversarial)
    data = attack_data(adversarial)
    data["norms"]["file"] = change_data(filed.change)
    lines = [*attack_lines(subject, adversarial), "", *table(CHANGE_HEAD, _changes(data["norms"]))]
    emit(args, subject.document() | {"attack": data}, lines)


def through_a_file(subject: Subject, adversarial: Adversarial) -> Adversarial:
    """The attack with its saved picture written to a PNG file and read back as any picture is."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "adversarial.png"
        save_png(adversarial.saved, path)
        return replace(adversarial, saved=subject.backbone.prepare(load_picture(path).image))


def save_pictures(args: argparse.Namespace, adversarial: Adversarial) -> None:
    """Clean and attacked picture and the change between them, stretched so that the largest fills the range; where the
    clean one is not known, the attacked one alone."""
    target, clean = folder(args), adversarial.clean
    save_png(adversarial.saved, target / "adversarial.png")
    if clean is not None:
        save_png(clean, target / "clean.png")
        save_png(amplified(clean, adversarial.saved, adversarial.linf()), target / "perturbation.png")


def attack_lines(subject: Subject, adversarial: Adversarial) -> list[str]:
    """The attack as lines for a terminal."""
    if not adversarial.made_here:
        return _elsewhere_lines(subject, adversarial)
    rows = [
        prediction_row("clean", adversarial.known_before),
        prediction_row("attacked", adversarial.after),
        prediction_row("attacked, 8 bits", adversarial.after_saved),
        *([] if adversarial.null is None else [prediction_row("null arm", adversarial.null.after)]),
    ]
    name = subject.classes.names[adversarial.label]
    origin = "the truth" if adversarial.from_truth else "the clean answer"
    towards = "" if adversarial.target is None else f", towards {subject.classes.names[adversarial.target]}"
    aim = f", away from {name} ({origin}){towards}" if ATTACKS[adversarial.attack].aimed else ", aimed at nothing"
    change = f"largest change {adversarial.linf() * 255:.0f}/255, L2 {adversarial.l2():.3f}"
    return [
        *subject.heading,
        f"{adversarial.attack}, {_limit(adversarial)}, {len(adversarial.steps)} steps,"
        f" {adversarial.seconds:.2f} s{aim}",
        "",
        *table(PREDICTION_HEAD, rows),
        "",
        f"{change}: {_verdict(subject, adversarial)}",
        *([BLIND] if adversarial.blind else []),
        *_remarks(adversarial),
        *_beyond(subject, adversarial),
    ]


def _limit(adversarial: Adversarial) -> str:
    if not adversarial.limited:
        return NO_LIMIT
    cells = adversarial.cells
    where = "" if cells is None else f" in {cells.count} of {cells.total} cells"
    return f"{adversarial.norm} {length(adversarial.epsilon, adversarial.norm)}{where}"


def _beyond(subject: Subject, adversarial: Adversarial) -> list[str]:
    """Of an attack without a limit, what its null arm was, and what it can be to a model that knows only paintings."""
    null, remark = adversarial.null, ATTACKS[adversarial.attack].on_paintings
    said = [] if null is None else [f"null arm: {null.what}"]
    return said + (wrapped(remark) if remark and subject.familiarity is not None else [])


def _elsewhere_lines(subject: Subject, adversarial: Adversarial) -> list[str]:
    """What there is to know of a picture that was attacked elsewhere."""
    before, answers = adversarial.before, [prediction_row("attacked, as given", adversarial.after_saved)]
    head = [*subject.heading, "attacked elsewhere: nothing attacks it here", ""]
    if before is None:
        return [*head, *table(PREDICTION_HEAD, answers)]
    change = f"largest change {adversarial.linf() * 255:.0f}/255, L2 {adversarial.l2():.3f}"
    rows = [prediction_row("clean", before), *answers]
    return [*head, *table(PREDICTION_HEAD, rows), "", f"{change}: {_verdict(subject, adversarial)}"]


def _changes(norms: dict[str, dict]) -> list[tuple[str, ...]]:
    return [(form, f"{change['linf'] * 255:.3f}", f"{change['l2']:.4f}") for form, change in norms.items()]


def _verdict(subject: Subject, adversarial: Adversarial) -> str:
    """Whether the attack worked; of a picture that the model does not know, only whether the answer is another."""
    if subject.familiarity is not None and not subject.familiarity.accepted:
        same = adversarial.after_saved.label == adversarial.known_before.label
        return "the same answer" if same else "another answer"
    if not adversarial.right_before:
        return "wrong before the attack"
    computed = _outcome(adversarial.fooled_as_computed, adversarial.reached_as_computed)
    saved = _outcome(adversarial.fooled, adversarial.reached)
    return saved if computed == saved else f"{computed} as computed, {saved} after saving in 8 bits"


def _outcome(fooled: bool, reached: bool) -> str:
    if reached:
        return "target reached"
    return "fooled" if fooled else "held"


def _remarks(adversarial: Adversarial) -> list[str]:
    """What else is to be known of the verdict: the change that was found, and what became of it."""
    if not adversarial.limited:
        return []
    remarks, limit = [], length(adversarial.epsilon, adversarial.norm)
    if ATTACKS[adversarial.attack].minimal and adversarial.epsilon and adversarial.right_before:
        remarks.append(_found(adversarial, limit))
    if adversarial.erased:
        small = f"the limit of {limit} is less than one level of 8 bits"
        why = small if adversarial.below_a_level else "no channel changed by half a level of 8 bits"
        remarks.append(f"{why}: the saved picture is the clean one")
    return remarks


def _found(adversarial: Adversarial, limit: str) -> str:
    lead = adversarial.confidence
    wanted = f"makes another class lead by {lead:g} logits" if lead else "turns the answer"
    if adversarial.found is None:
        return f"no change found that {wanted}; more steps may find one"
    found = f"the shortest change found that {wanted}: {length(adversarial.found, adversarial.norm)}"
    return found + (f", cut by the limit to {limit}" if adversarial.cut else "")
