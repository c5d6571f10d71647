"""`maps`: where the model looks, before and after an attack."""

from __future__ import annotations

import argparse
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
from .subject import Subject, add_picture_options, emit, folder, load_subject
from .tables import UNDEFINED, table

if TYPE_CHECKING:
    from ..maps.words import WordRelevance
    from ..results import AttentionMap

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
    subject = load_subject(args)
    about, against = (None if name is None else subject.classes.index(name) for name in (args.about, args.against))
    story = subject.story(_settings(args, subject.classes))
    adversarial = story.result(parts.Attack())
    label = adversarial.label if about is None else about
    made = [_pair(story, name, label, against) for name in names]
    if args.out is not None:
        save_pictures(args, adversarial)
        _save_maps(args, subject, made)
    rows = [row for pair in made for row in _rows(pair)]
    lines = [*attack_lines(subject, adversarial), "", *table(("map", "of", "lowest", "highest", "peak patch"), rows)]
    compared = [_compared(pair, story.result(parts.Map(NOISE, pair[0].map, label, against))) for pair in made]
    lines += [
        "",
        *table(("clean map against", "that of", *numerics.measures.MAP_SIMILARITY), _compared_rows(made, compared)),
    ]
    if any(None in found.values() for others in compared for found in others.values()):
        lines.append(FLAT)
    entries = [entry | {"similarity": found} for entry, found in zip(maps_data(made), compared, strict=True)]
    if args.curves:
        curves = [_curves(story, name, label, against, settings.attack.seed) for name in names]
        entries = [entry | {"curves": found} for entry, found in zip(entries, curves, strict=True)]
        lines += ["", *table(("map", "of", "area under deletion", "under insertion"), _curve_rows(made, curves))]
    document = subject.document() | {"attack": attack_data(adversarial), "maps": entries}
    if args.words:
        relevances = [story.result(parts.Words(picture, label)) for picture in ARMS]
        document["words"] = _words_data(relevances)
        lines += ["", *table(("word", *ARMS), _word_rows(relevances))]
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


def _words_data(relevances: list[WordRelevance]) -> dict:
    shares = {arm: found.shares.tolist() for arm, found in zip(ARMS, relevances, strict=True)}
    return {
        "label": relevances[0].label,
        "sentence": relevances[0].sentence,
        "pieces": list(relevances[0].pieces),
        **shares,
    }


def _word_rows(relevances: list[WordRelevance]) -> list[tuple[str, ...]]:
    columns = zip(relevances[0].pieces, *(found.shares.tolist() for found in relevances), strict=True)
    return [(piece.strip(), *(f"{share:.3f}" for share in shares)) for piece, *shares in columns]


def _pair(story: parts.Story, name: str, about: int, against: int | None) -> tuple[AttentionMap, AttentionMap]:
    clean, attacked = (story.result(parts.Map(picture, name, about, against)) for picture in ARMS)
    return clean, attacked


def _compared(pair: tuple[AttentionMap, AttentionMap], null: AttentionMap) -> dict[str, dict[str, float | None]]:
    """How alike the clean map is to the attacked one and, the null arm, to that of the clean picture under noise."""
    clean, attacked = pair
    return {which: similarity_data(clean.raw, other.raw) for which, other in (("attacked", attacked), ("noise", null))}


def _compared_rows(
    made: list[tuple[AttentionMap, AttentionMap]], compared: list[dict[str, dict[str, float | None]]]
) -> list[tuple[str, ...]]:
    return [
        (clean.map, which, *(UNDEFINED if value is None else f"{value:.3f}" for value in found.values()))
        for (clean, _), others in zip(made, compared, strict=True)
        for which, found in others.items()
    ]


def _curves(story: parts.Story, name: str, about: int, against: int | None, seed: int) -> dict[str, dict]:
    curves = {}
    for which in ARMS:
        hidden = story.result(parts.Curves(about=about, against=against, picture=which, map=name, seed=seed))
        curves[which] = {
            "fractions": hidden.fractions.tolist(),
            "deletion": hidden.deletion.tolist(),
            "insertion": hidden.insertion.tolist(),
            "deletion_area": hidden.deletion_area,
            "insertion_area": hidden.insertion_area,
        }
    return curves


def _curve_rows(made: list[tuple[AttentionMap, AttentionMap]], curves: list[dict[str, dict]]) -> list[tuple[str, ...]]:
    return [
        (clean.map, which, f"{found['deletion_area']:.3f}", f"{found['insertion_area']:.3f}")
        for (clean, _), arms in zip(made, curves, strict=True)
        for which, found in arms.items()
    ]


def _save_maps(args: argparse.Namespace, subject: Subject, made: list[tuple[AttentionMap, AttentionMap]]) -> None:
    """Each map over the whole picture before the attack, at its place and the picture's own size."""
    whole = load_picture(subject.image, longest=overlays.LONGEST).image
    for clean, attacked in made:
        for which, drawn in overlays.compared(whole, subject.box, clean.raw, attacked.raw).items():
            (folder(args) / f"map-{clean.map}-{which}.png").write_bytes(overlays.png(drawn))


def _rows(pair: tuple[AttentionMap, AttentionMap]) -> list[tuple[str, ...]]:
    return [
        (found.map, which, f"{float(found.raw.min()):.4g}", f"{float(found.raw.max()):.4g}", _peak(found))
        for which, found in zip(ARMS, pair, strict=True)
    ]


def _peak(found: AttentionMap) -> str:
    cells = numerics.measures.peak(found.raw).tolist()
    places = [f"row {row}, column {column}" for row, column in cells[:1]] or ["none, the map is flat"]
    equal = [f"{len(cells)} equal"] if len(cells) > 1 else []
    notes = equal + ["degenerate"] * found.degenerate
    return places[0] + (f" ({', '.join(notes)})" if notes else "")
