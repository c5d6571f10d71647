"""Options of the command line for settings, derived from the parameters: the words and units of page, API and links."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from itertools import product
from typing import Any

from ..attacks.registry import ATTACKS
from ..classes import Classes
from ..defences.registry import DEFENCES
from ..errors import require
from ..parameters import OWN, Parameter, parameters, read_by, to_settings, words
from ..settings import AttackSettings, Settings

ATTACK = words("attack")
DEFENCE = tuple(w for w in words(OWN, "views", "tuning", "ensemble", recipe=False) if w not in ATTACK)
PICTURE = words("picture")
REPEATED = ("attack", "eps", "target_defence", "corruption", "severity")  # that an evaluation takes several of
OWN_KINDS = {"adaptive": ("target_defence",), "corruption": ("corruption", "severity")}  # by attack, those it reads
ALL_DEFENCES = "all_defences"
MANY = 3  # names in a sentence, at most


def add_options(parser: argparse.ArgumentParser, chosen: Iterable[str], repeated: Sequence[str] = ()) -> None:
    """An option for every parameter of `chosen`, grouped as the settings are; those `repeated` may be given again.

    Options that are not given are None, so that `given` leaves them out and the settings' own defaults hold.
    """
    for section, ones in _grouped(chosen):
        group = parser.add_argument_group(section)
        for one in ones:
            _add(group, one, one.word in repeated)
        if any(one.word == "defences" for one in ones):
            group.add_argument("--all-defences", action="store_true", help="every defence there is")


def _grouped(chosen: Iterable[str]) -> Iterator[tuple[str, list[Parameter]]]:
    wanted = [parameters()[word] for word in dict.fromkeys(chosen)]
    titles = {one.name: one.metadata["title"] for one in fields(Settings) if "title" in one.metadata} | {
        OWN: "defences"
    }
    for section, title in titles.items():
        ones = [one for one in wanted if one.places[0][0] == section]
        if ones:
            yield title, ones


def _add(group: argparse._ArgumentGroup, one: Parameter, repeated: bool) -> None:
    how: dict[str, Any] = {"dest": one.word, "default": None}
    several = repeated or one.kind is tuple
    if one.kind is bool:
        how["action"] = argparse.BooleanOptionalAction
    else:
        how["type"] = str if one.kind is tuple else one.kind
        how["metavar"] = _metavar(one)
        how["action"] = "append" if several else "store"
        if one.choices:
            how["choices"] = [name for name in one.choices if name]
    again = "; repeat for several" if several else ""
    yours = "; of your own defence" if one.known.recipe else ""
    usual = f"; default: {one.usual}" if one.usual else ""
    group.add_argument(one.option, help=f"{one.help}{yours}{again}{usual}".replace("%", "%%"), **how)


def _metavar(one: Parameter) -> str:
    if one.choices:
        return one.option.removeprefix("--").upper()
    return {int: "N", float: "X", str: "NAME"}.get(one.kind, "NAME")


def given(args: argparse.Namespace, chosen: Iterable[str]) -> dict[str, Any]:
    """The parameters of `chosen` that were given as options, by word."""
    values = {word: getattr(args, word) for word in chosen if getattr(args, word, None) is not None}
    if getattr(args, ALL_DEFENCES, False):
        values["defences"] = tuple(DEFENCES)
    return values


def settings_of(args: argparse.Namespace, chosen: Iterable[str], classes: Classes | None = None) -> Settings:
    """The settings that the options `chosen` ask for, its target's number looked up in `classes`.

    Raises `EngineError` for values out of range, for a target that is no class, and for an option that the attack does
    not read.
    """
    values = given(args, chosen)
    settings = to_settings(values, classes)
    require_read((word for word in values if word in ATTACK), [settings.attack.attack])
    return settings


def require_read(chosen: Iterable[str], names: Sequence[str]) -> None:
    """Raise `EngineError` for a parameter of `chosen` that matters to none of these maps or attacks."""
    for word in chosen:
        one, readers = parameters()[word], read_by(word)
        asked = "--attack" if one.places[0][0] == "attack" else "--map"
        many = len(readers) > MANY
        listed = f"{readers[0]} and others like it" if many else " and ".join(readers)
        require(
            not readers or any(name in names for name in readers),
            f"{one.option} is about {asked} {listed}, which {'were' if many else 'was'} not asked for.",
        )


def add_attacks_options(parser: argparse.ArgumentParser) -> None:
    """Several attacks on every picture: every attack at every limit, an adaptive one also through every defence."""
    add_options(parser, (word for word in ATTACK if word != "target"), REPEATED)
    parser.add_argument_group("own answer").add_argument(
        "--predicted-label", metavar="ATTACK", action="append",
        choices=[name for name, one in ATTACKS.items() if one.aimed],
        help="an attack that is not told the true class: an arm of its own, away from the model's own clean answer;"
        " repeat for several",
    )  # fmt: skip
    group = parser.add_argument_group("adaptive attack")
    group.add_argument(
        "--adaptive-steps", type=int, metavar="N", help="steps of the adaptive attack, which is slow (default: --steps)"
    )
    group.add_argument(
        "--own-target", action="store_true", help="what goes through a defence is answered by that one and CLIP alone"
    )


def all_attacks(args: argparse.Namespace) -> tuple[AttackSettings, ...]:
    """The attacks of `add_attacks_options`, each within every limit if it has one; with `--control`, behind
    each that has a null arm of its own that arm too.

    Raises `EngineError` for values out of range, and for an option that none of them reads.
    """
    values = given(args, ATTACK)
    require_read(values, [name or AttackSettings().attack for name in values.get("attack", [None])])
    return _each(args, values)


def all_predicted(args: argparse.Namespace) -> tuple[AttackSettings, ...]:
    """Those of them that are to be made away from the model's own answer too, as `--predicted-label` says."""
    values = {**given(args, ATTACK), "attack": args.predicted_label or [], "control": False}
    return _each(args, values)


def _each(args: argparse.Namespace, values: dict[str, Any]) -> tuple[AttackSettings, ...]:
    with_null = values.pop("control", False)
    several = {word: values.pop(word, [None]) for word in REPEATED}
    found = []
    for name in several["attack"]:
        chosen = ATTACKS.named(AttackSettings().attack if name is None else name)
        read = ("attack", *(("eps",) if chosen.limited else ()), *OWN_KINDS.get(name or "", ()))
        for asked in product(*(several[word] if word != "attack" else [name] for word in read)):
            named = {word: value for word, value in zip(read, asked, strict=True) if value is not None}
            attack = to_settings(values | named).attack
            slow = attack.attack == "adaptive" and args.adaptive_steps is not None
            found.append(replace(attack, steps=args.adaptive_steps) if slow else attack)
            if with_null and chosen.null:
                found.append(replace(attack, control=True))
    return tuple(found)
