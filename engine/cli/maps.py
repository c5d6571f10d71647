"""`maps`: where the model looks, before and after an attack."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .. import numerics, overlays
from .. import story as parts
from ..classes import Classes
from ..parameters import to_settings, words
from ..pictures import load_picture
from ..serialise import attack_data, maps_data, similarity_data
from ..settings import AttentionSettings, Settings
from ..story.recipe import ATTACKED, CLEAN, NOISE
from .attack import attack_lines, save_pictures
from .options import ATTACK, add_options, given, require_read
from .subject import Subject, add_clean_option, add_picture_options, emit, folder, load_subject, refuse_attack
from .tables import UNDEFINED, table

if TYPE_CHECKING:
    from ..maps.words import WordRelevance
    from ..results import AttentionMap

Drawn = Mapping[str, "AttentionMap"]  # maps of one kind, by the picture that they are of
ARMS = (CLEAN, ATTACKED)
MAP = words("attention")
FLAT = f"{UNDEFINED}: nothing to compare, as a map that is the same everywhere has no order and no strongest cells."


def register(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "maps",
        help="show where the model looks, before and after the attack",
        description="Attention maps of the clean and the attacked picture for one class, on one scale.",
    )
    add_picture_options(parser)
    add_clean_option(parser)
    add_options(parser, (*ATTACK, *MAP), repeated=("map",))
    group = parser.add_argument_group("what the maps are about")
    group.add_argument(
        "--about", metavar="NAME", help="the class to find evidence for (default: the one attacked, not its --target)"
    )
    group.add_argument(
        "--against", metavar="NAME", help="a class to hold it against: what speaks for the one rather than the other"
    )
    group.add_argument(
        "--words", action="store_true", help="also tell how much each word of the class's sentence counts"
    )
    group = parser.add_argument_group("what the answer hangs on")
    group.add_argument(
        "--curves", action="store_true",
        help="also blur each map's strongest patches first, or bring them back first, and follow the class's"
        " probability",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Attack, draw each map of both pictures, print, and keep the drawings with --out."""
    names, settings = _names(args), _settings(args)  # values out of range are refused before a model is loaded
    refuse_attack(args)
    subject = load_subject(args)
    about, against = (None if name is None else subject.classes.index(name) for name in (args.about, args.against))
    story = subject.story(_settings(args, subject.classes))
    adversarial = story.result(parts.Attack())
    label = adversarial.label if about is None else about
    arms = ARMS if adversarial.clean is not None else (ATTACKED,)
    made = [{arm: story.result(parts.Map(arm, name, label, against)) for arm in arms} for name in names]
    if args.out is not None:
        save_pictures(args, adversarial)
        _save_maps(args, subject, made)
    rows = [row for drawn in made for row in _rows(drawn)]
    lines = [*attack_lines(subject, adversarial), "", *table(("map", "of", "lowest", "highest", "peak patch"), rows)]
    entries = maps_data([(drawn.get(CLEAN), drawn[ATTACKED]) for drawn in made])
    if adversarial.clean is not None:
        compared = {name: _compared(story, drawn, against) for name, drawn in zip(names, made, strict=True)}
        heads = ("clean map against", "that of", *numerics.measures.MAP_SIMILARITY)
        lines += ["", *table(heads, _compared_rows(compared))]
        if any(None in found.values() for others in compared.values() for found in others.values()):
            lines.append(FLAT)
        entries = [entry | {"similarity": found} for entry, found in zip(entries, compared.values(), strict=True)]
    if args.curves:
        curves = {name: _curves(story, arms, name, label, against, settings.attack.seed) for name in names}
        entries = [entry | {"curves": found} for entry, found in zip(entries, curves.values(), strict=True)]
        lines += ["", *table(("map", "of", "area under deletion", "under insertion"), _curve_rows(curves))]
    document = subject.document() | {"attack": attack_data(adversarial), "maps": entries}
    if args.words:
        relevances = {arm: story.result(parts.Words(arm, label)) for arm in arms}
        document["words"] = _words_data(relevances)
        lines += ["", *table(("word", *arms), _word_rows([*relevances.values()]))]
    emit(args, document, lines)


def _names(args: argparse.Namespace) -> list[str]:
    """The maps that are asked for; raises `EngineError` for an option that matters to none of them."""
    names = args.map or [AttentionSettings().map]
    require_read([word for word in given(args, MAP) if word != "map"], names)
    return names


def _settings(args: argparse.Namespace, classes: Classes | None = None) -> Settings:
    """What is set for the attack and for all maps; raises `EngineError` for values out of range."""
    chosen = given(args, (*ATTACK, *MAP))
    return to_settings({word: value for word, value in chosen.items() if word != "map"}, classes)


def _words_data(relevances: Mapping[str, WordRelevance]) -> dict:
    shares, any_of = {arm: found.shares.tolist() for arm, found in relevances.items()}, relevances[ATTACKED]
    return {"label": any_of.label, "sentence": any_of.sentence, "pieces": list(any_of.pieces), **shares}


def _word_rows(relevances: list[WordRelevance]) -> list[tuple[str, ...]]:
    columns = zip(*(found.words for found in relevances), strict=True)
    return [(column[0][0], *(f"{share:.3f}" for _, share in column)) for column in columns]


def _compared(story: parts.Story, drawn: Drawn, against: int | None) -> dict[str, dict[str, float | None]]:
    """How alike the clean map is to the attacked one and, the null arm, to that of the clean picture under noise."""
    clean = drawn[CLEAN]
    null = story.result(parts.Map(NOISE, clean.map, clean.label, against))
    return {arm: similarity_data(clean.raw, other.raw) for arm, other in ((ATTACKED, drawn[ATTACKED]), (NOISE, null))}


def _compared_rows(compared: Mapping[str, Mapping[str, Mapping[str, float | None]]]) -> list[tuple[str, ...]]:
    return [
        (name, which, *(UNDEFINED if value is None else f"{value:.3f}" for value in found.values()))
        for name, others in compared.items()
        for which, found in others.items()
    ]


def _curves(
    story: parts.Story, arms: Sequence[str], name: str, about: int, against: int | None, seed: int
) -> dict[str, dict]:
    curves = {}
    for which in arms:
        hidden = story.result(parts.Curves(about=about, against=against, picture=which, map=name, seed=seed))
        curves[which] = {
            "fractions": hidden.fractions.tolist(),
            "deletion": hidden.deletion.tolist(),
            "insertion": hidden.insertion.tolist(),
            "deletion_area": hidden.deletion_area,
            "insertion_area": hidden.insertion_area,
        }
    return curves


def _curve_rows(curves: Mapping[str, Mapping[str, dict]]) -> list[tuple[str, ...]]:
    return [
        (name, which, f"{found['deletion_area']:.3f}", f"{found['insertion_area']:.3f}")
        for name, arms in curves.items()
        for which, found in arms.items()
    ]


def _save_maps(args: argparse.Namespace, subject: Subject, made: Sequence[Drawn]) -> None:
    """Each map over the whole picture that was given, at its place and the picture's own size."""
    whole = load_picture(subject.image, longest=overlays.LONGEST).image
    for drawn in made:
        maps = {arm: found.raw for arm, found in drawn.items()}
        for which, one in overlays.compared(whole, subject.box, maps[ATTACKED], maps.get(CLEAN)).items():
            (folder(args) / f"map-{drawn[ATTACKED].map}-{which}.png").write_bytes(overlays.png(one))


def _rows(drawn: Drawn) -> list[tuple[str, ...]]:
    return [
        (found.map, which, f"{float(found.raw.min()):.4g}", f"{float(found.raw.max()):.4g}", _peak(found))
        for which, found in drawn.items()
    ]


def _peak(found: AttentionMap) -> str:
    cells = numerics.measures.peak(found.raw).tolist()
    places = [f"row {row}, column {column}" for row, column in cells[:1]] or ["none, the map is flat"]
    equal = [f"{len(cells)} equal"] if len(cells) > 1 else []
    notes = equal + ["degenerate"] * found.degenerate
    return places[0] + (f" ({', '.join(notes)})" if notes else "")
