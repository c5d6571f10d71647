"""`fieldguide`: the built-in world; train its model, score it, list its words, paint its samples."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from .. import benchmarks, evaluation, models
from ..errors import require
from ..fieldguide.training.phases import CARD, PHASES
from ..fieldguide.world import VOCABULARY
from ..maps.registry import MAPS
from ..models import BUILT_IN, FIELDGUIDE, add_model_options, model_settings, sized
from ..parameters import from_settings, read_by, words
from ..settings import AttackSettings, Settings
from .options import ATTACK, add_options, given, require_read, settings_of
from .subject import SAMPLES, emit
from .tables import UNDEFINED, table

if TYPE_CHECKING:
    from ..fieldguide.familiarity.rates import Rate

WORKERS = os.cpu_count() or 1
LOCALISE = tuple(word for word in ATTACK if word != "target")
SCORE = (*LOCALISE, "views")
LENS = (*LOCALISE, *words("lens"))
DRAWING = tuple(word for word in words("attention") if read_by(word))  # what is chosen for single maps


def register(subparsers: argparse._SubParsersAction) -> None:
    """Add the command and its actions."""
    parser = subparsers.add_parser(
        "fieldguide",
        help="train and score the built-in model",
        description="The painted world of the built-in model: its training, its score, its words, its samples.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    _register_train(actions)
    _register_score(actions)
    _register_localise(actions)
    _register_lens(actions)
    _register_familiarity(actions)
    words = actions.add_parser("words", help="list the words the built-in model knows")
    words.set_defaults(run=lambda args: print("\n".join(sorted(VOCABULARY))))
    samples = actions.add_parser("samples", help="paint the sample pictures of the page again")
    samples.add_argument("--out", type=Path, default=SAMPLES.parent, help="folder (default: assets/samples)")
    samples.set_defaults(run=_paint)


def _paint(args: argparse.Namespace) -> None:
    from ..fieldguide.world.samples import paint_samples  # needs OpenCV's system library

    paint_samples(args.out)


def _register_train(actions: argparse._SubParsersAction) -> None:
    listed = "; ".join(f"{phase.name}: {phase.pictures:,} pictures" for phase in PHASES)
    parser = actions.add_parser(
        "train",
        help="train the built-in model, or go on where training was stopped",
        description="Paint the training pictures (about 4 GB a phase in --cache) and train, phase by phase. Stop it"
        " whenever you like: the same command goes on from the last checkpoint, at most three minutes back.",
        epilog=listed,
    )
    parser.add_argument("--cache", type=Path, required=True, help="folder for painted pictures and checkpoints")
    parser.add_argument("--out", type=Path, default=FIELDGUIDE, help="folder of the model (default: assets/fieldguide)")
    parser.add_argument(
        "--start", type=Path, metavar="FOLDER", help="only the last phase, from the weights of this model folder"
    )
    parser.add_argument("--seed", type=int, default=0, help="added to the seeds of the phases (default: %(default)s)")
    parser.add_argument(
        "--share", type=float, default=1.0, help="of the pictures of each phase, for a test run (default: all)"
    )
    parser.add_argument("--workers", type=int, default=WORKERS, help="painting processes (default: one per core)")
    parser.set_defaults(run=_train)


def _train(args: argparse.Namespace) -> None:
    require(0 < args.share <= 1, f"Expected a share above 0 and up to 1; got {args.share:g}.")
    for name in ("open_clip_model.safetensors", CARD):
        require(
            args.start is None or (args.start / name).is_file(),
            f"Expected a folder with {name} to start from; got “{args.start}”.",
        )
    phases = PHASES if args.start is None else PHASES[-1:]
    phases = tuple(
        replace(phase, pictures=round(phase.pictures * args.share), seed=phase.seed + args.seed) for phase in phases
    )
    from ..fieldguide.training.train import train

    train(phases, args.cache, args.out, args.workers, args.start)


def _register_score(actions: argparse._SubParsersAction) -> None:
    parser = actions.add_parser(
        "score",
        help="measure model and defences on fresh held-out specimens",
        description="Paint held-out specimens, ask 40-way questions with near neighbours among the answers, attack"
        " every picture with its true label, and defend it. The number of workers does not change the numbers.",
    )
    add_options(parser, SCORE)
    parser.add_argument("--pictures", type=int, default=100, metavar="N", help="how many; default: %(default)s")
    parser.add_argument("--clean-arms", action="store_true", help="also defend the clean pictures")
    parser.add_argument("--workers", type=int, default=WORKERS, metavar="N", help="processes (default: one per core)")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.set_defaults(run=_score, out=None)


def _score(args: argparse.Namespace) -> None:
    require(args.pictures >= 1, f"Expected at least one picture; got {args.pictures}.")
    require(args.workers >= 1, f"Expected at least one worker; got {args.workers}.")
    settings = settings_of(args, SCORE)
    seed = settings.attack.seed
    executor = evaluation.Processes(BUILT_IN, count=args.workers)
    stream = benchmarks.score.answers(args.pictures, seed, settings, executor, args.clean_arms)
    collected = list(tqdm(stream, total=args.pictures, unit="pictures", file=sys.stderr, disable=args.json))
    shown = {
        "seed": seed,
        "attack": _as_options(settings.attack),
        "views": settings.views.count,
        "tuning": asdict(settings.tuning),
        "ensemble": asdict(settings.ensemble),
    }
    result = benchmarks.score.summary(collected, shown)
    emit(args, result, _score_lines(result))


def _score_lines(result: dict) -> list[str]:
    arms = result["accuracy"]
    rows = [
        (arm, f"{value:.3f}", f"{low:.3f} ... {high:.3f}")
        for (arm, value), (low, high) in zip(arms.items(), result["intervals"].values(), strict=True)
    ]
    kinds = [
        (kind, str(entry["pictures"]), *(f"{entry[arm]:.3f}" for arm in arms))
        for kind, entry in result["kinds"].items()
    ]
    pairs = [
        (f"{pair['first']} / {pair['second']}", str(pair["only_first"]), str(pair["only_second"]), f"{pair['p']:.3g}")
        for pair in result["pairs"]
    ]
    return [
        *table(("arm", "accuracy", "95 % interval"), rows),
        "",
        *table(("kind", "pictures", *arms), kinds),
        "",
        *table(("on the same pictures", "only the first right", "only the second right", "McNemar p"), pairs),
    ]


def _register_localise(actions: argparse._SubParsersAction) -> None:
    parser = actions.add_parser(
        "localise",
        help="measure how well attention maps find the object",
        description="Draw every map of fresh held-out specimens for their true class and tell how often its strongest"
        " patch lies on the object (pointing) and on the telling part, and how much of it does (inside). Four times:"
        " clean, attacked, under noise of the attack's size, and as a model with shuffled weights draws it. Beside them"
        " two maps that know nothing of any model: random noise, and the picture's edges.",
    )
    add_options(parser, (*LOCALISE, *DRAWING))
    parser.add_argument("--pictures", type=int, default=100, metavar="N", help="how many; default: %(default)s")
    several = {"action": "append", "choices": list(MAPS), "metavar": "MAP"}
    maps_help = f"repeat for several of {', '.join(MAPS)}; default: all that the model has"
    parser.add_argument("--map", dest="maps", **several, help=maps_help)
    parser.add_argument("--curves", action="store_true", help="also deletion and insertion, which takes far longer")
    parser.add_argument("--workers", type=int, default=WORKERS, metavar="N", help="processes (default: one per core)")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    add_model_options(parser)
    parser.set_defaults(run=_localise, out=None)


def _localise(args: argparse.Namespace) -> None:
    require(args.pictures >= 1, f"Expected at least one picture; got {args.pictures}.")
    settings, drawing = settings_of(args, LOCALISE).attack, settings_of(args, DRAWING).attention
    maps, chosen = tuple(args.maps or ()), given(args, DRAWING)
    require_read(chosen, maps or tuple(MAPS))
    executor = evaluation.Processes(args.model, args.device, args.workers, args.precision, model_settings(args))
    stream = benchmarks.localisation.localise(
        args.pictures, settings.seed, maps, settings, executor, args.curves, drawing
    )
    collected = list(tqdm(stream, total=args.pictures, unit="pictures", file=sys.stderr, disable=args.json))
    scores, paired = benchmarks.localisation.summary(collected), benchmarks.localisation.pairs(collected)
    model = sized(args.model, args.image_size)
    shown = {"model": model, "seed": settings.seed, "pictures": args.pictures, "attack": _as_options(settings)}
    shown |= {"drawing": chosen} if chosen else {}
    emit(args, {"maps": scores, "pairs": paired, "settings": shown}, _localisation_lines(scores, paired))


def _localisation_lines(scores: dict, paired: dict) -> list[str]:
    lines = []
    for arm, named in scores.items():
        heads = (arm, *(name.replace("_", " ") for name in next(iter(named.values()))))
        lines += [*table(heads, [(name, *map(_interval, found.values())) for name, found in named.items()]), ""]
    for arm, found in paired.items():
        heads = (
            f"{arm}: points at the object",
            "only this map",
            f"only {benchmarks.localisation.PUBLISHED}",
            "McNemar p",
        )
        rows = [(p["first"], str(p["only_first"]), str(p["only_second"]), f"{p['p']:.3g}") for p in found]
        lines += [*table(heads, rows), ""]
    return lines[:-1]


def _register_lens(actions: argparse._SubParsersAction) -> None:
    parser = actions.add_parser(
        "lens",
        help="measure where the lens reads the true class",
        description="Read off every patch of fresh held-out specimens after every layer and tell which share of those"
        " on the object, and of all others, is read as the true class, which of those on it as the answer after the"
        " attack, and which of all is read otherwise than in the clean picture: clean, attacked, and under noise of"
        " the attack's size.",
    )
    add_options(parser, LENS)
    parser.add_argument("--pictures", type=int, default=100, metavar="N", help="how many; default: %(default)s")
    parser.add_argument("--workers", type=int, default=WORKERS, metavar="N", help="processes (default: one per core)")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    add_model_options(parser)
    parser.set_defaults(run=_lens, out=None)


def _lens(args: argparse.Namespace) -> None:
    require(args.pictures >= 1, f"Expected at least one picture; got {args.pictures}.")
    settings = settings_of(args, LENS)
    executor = evaluation.Processes(args.model, args.device, args.workers, args.precision, model_settings(args))
    stream = benchmarks.lenses.readings(args.pictures, settings.attack.seed, settings, executor)
    collected = list(tqdm(stream, total=args.pictures, unit="pictures", file=sys.stderr, disable=args.json))
    found = benchmarks.lenses.summary(collected)
    shown = {"model": sized(args.model, args.image_size), "seed": settings.attack.seed, "pictures": args.pictures}
    shown |= {"attack": _as_options(settings.attack), "lens": settings.lens.lens}
    emit(args, {"lens": found, "settings": shown}, _lens_lines(found))


def _lens_lines(found: dict) -> list[str]:
    lines = []
    for arm, counted in found.items():
        rows = [
            (str(layer), *map(_interval, values)) for layer, values in enumerate(zip(*counted.values(), strict=True), 1)
        ]
        lines += [*table((f"{arm}: layer", *counted), rows), ""]
    return lines[:-1]


def _register_familiarity(actions: argparse._SubParsersAction) -> None:
    parser = actions.add_parser(
        "familiarity",
        help="measure how well the built-in model tells its paintings from other pictures",
        description="Tell how many fresh paintings are taken for paintings, as they are, as JPEG of quality 80,"
        " attacked at 8/255, and both; and how many photographs, textures, drawings and so on are refused.",
    )
    parser.add_argument("--fit", action="store_true", help="fit the measure anew instead, and write it into --folder")
    parser.add_argument("--folder", type=Path, default=FIELDGUIDE, help="of the model (default: assets/fieldguide)")
    parser.add_argument("--pictures", type=int, default=600, metavar="N", help="paintings; default: %(default)s")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.set_defaults(run=_familiarity, out=None)


def _familiarity(args: argparse.Namespace) -> None:
    require(args.pictures >= 8, f"Expected at least eight pictures; got {args.pictures}.")
    from ..fieldguide.familiarity.fit import fit  # paints, which needs OpenCV's system library
    from ..fieldguide.familiarity.rates import rates

    backbone = models.load_backbone(f"local-dir:{args.folder}")
    found = []
    with tqdm(total=args.pictures, unit="pictures", file=sys.stderr, disable=args.json) as bar:
        for item in fit(backbone, args.pictures, args.folder) if args.fit else rates(backbone, args.pictures):
            if isinstance(item, int):
                bar.update(item - bar.n)
            else:
                found.append(item)
    emit(args, {"rates": [asdict(one) | {"interval": one.interval} for one in found]}, _familiarity_lines(found))


def _familiarity_lines(found: list[Rate]) -> list[str]:
    rows = [
        (
            one.source,
            "accepted" if one.ours else "refused",
            f"{one.hits} of {one.pictures}",
            f"{one.hits / one.pictures:.3f}",
            "{:.3f} ... {:.3f}".format(*one.interval),
        )
        for one in found
    ]
    return table(("pictures", "", "how many", "share", "95 % interval"), rows)


def _interval(value: list[float | None]) -> str:
    mean, low, high = (UNDEFINED if number is None else f"{number:.3f}" for number in value)
    return f"{mean} [{low}, {high}]"


def _as_options(settings: AttackSettings) -> dict:
    """Which attack, with lengths as its options give them."""
    values = from_settings(Settings(attack=replace(settings, step_size=settings.step)))
    return {word: values[word] for word in ("attack", "norm", "eps", "step_size", "steps")}
