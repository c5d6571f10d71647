"""`lens`: what every patch of a picture is read as after every layer."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict, replace

from .. import story as parts
from ..parameters import words
from .options import ATTACK, add_options, settings_of
from .subject import add_picture_options, emit, load_subject
from .tables import table, wrapped

LENS = words("lens")
ARMS = {"clean": "clean", "attacked": "attacked", "noise": "null arm"}
HOW = (
    "class token: what it is read as after the layer, as if that were the last. read so: the share of patches that are"
    " read as “{name}”, which the attack pushed away from. changed: the share that is read otherwise than in the clean"
    " picture; the null arm is random noise as large as the change, unless the attack has another. Only the class token"
    " after the last layer was trained to be read so. --json has every patch."
)


def register(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "lens",
        help="read off after every layer which class each patch fits best, before and after an attack",
        description="Attack the picture and read off, after every layer, which class its class token and each of its"
        " patches fit best; in the clean picture, in the attacked one and under noise as large as the change. The same"
        " settings give the same numbers as the page's step 3.",
    )
    add_picture_options(parser)
    add_options(parser, (*ATTACK, *LENS))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Read and print."""
    settings_of(args, (*ATTACK, *LENS))  # values out of range are refused before a model is loaded
    subject = load_subject(args)
    settings = replace(settings_of(args, (*ATTACK, *LENS), subject.classes), picture=subject.how)
    data = parts.lens_data(subject.story(settings).result(parts.Read()), subject.classes.names)
    heads = ("layer", "picture", "class token", "read so", "changed")
    lines = [*subject.heading, "", *table(heads, list(_rows(data))), *wrapped(HOW.format(name=data["class"]))]
    emit(args, subject.document() | {"lens": data, "settings": asdict(settings)}, lines)


def _rows(data: dict) -> Iterator[tuple[str, ...]]:
    for one in data["layers"]:
        for place, arm in enumerate(arm for arm in ARMS if arm in one):
            token, changed = one[arm]["class token"], one["changed"].get(arm)
            said = f"{token['name']} ({token['confidence']:.3f})"
            moved = "" if changed is None else f"{changed:.3f}"
            yield "" if place else str(one["layer"]), ARMS[arm], said, f"{one[arm]['read as the class']:.3f}", moved
