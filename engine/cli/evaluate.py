"""`evaluate`: every defence in every arm on many pictures, resumable, with intervals and paired differences."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path

from tqdm import tqdm

from .. import evaluation
from ..datasets.base import Listed, Source
from ..defences.registry import DEFENCES
from ..errors import require
from ..files import writable_folder, writing
from ..models import add_model_options, model_settings, sized
from ..parameters import to_settings
from .data_options import add_data_options, known_set, open_source
from .detection_figure import save_roc_figure
from .evaluation_tables import markdown_lines, plain_lines
from .options import DEFENCE, PICTURE, add_attacks_options, add_options, all_attacks, all_predicted, given

SUMMARY, MARKDOWN, SCORES, ROC = "summary.json", "summary.md", "scores.json", "roc.svg"
OF_A_RUN = (
    "clip_on_clean",
    "survival",
    "detect",
    "answer_with",
    "workers",
    "batch",
    "ray",
    "strict",
    "out",
    "cache",
    "attacked",
)  # options without use for --summary
LISTING = ("classes",)  # of the plan, too long for a summary
EXAMPLES = """examples:
  600 painted pictures, every defence, two attackers, kept in the folder table:
    %(prog)s --pictures 600 --all-defences --attack pgd --attack apgd-ce --out table
  the same command again goes on where it was stopped; what is there so far, as Markdown:
    %(prog)s --summary table --markdown
  R-TPT and A-TPT with CLIP's weights on one folder of pictures per class:
    %(prog)s --folder pictures --model ViT-B-32/openai --defence r-tpt --defence a-tpt --out mine
"""


def register(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    listed = "\n".join(
        f"  {name:<16}{defence.explanation}\n{'':18}{defence.source}; {defence.cost}"
        for name, defence in DEFENCES.items()
    ).replace("%", "%%")
    parser = subparsers.add_parser(
        "evaluate",
        help="measure defences and attacks on many pictures",
        description="Attack every picture away from its true label, let every defence answer, and print accuracies with"
        " 95 % Wilson intervals, paired differences, calibration and how often the attack succeeded. With --out,"
        " records are kept line by line: the same command goes on where it was stopped or killed, and attacked pictures"
        " are used again. Records do not depend on the number of workers.",
        epilog=f"{EXAMPLES}\ndefences, with source and cost at 64 views:\n{listed}",
        usage="%(prog)s [pictures] [attacks] [defence] [run] [result]",
    )
    add_data_options(parser)
    add_model_options(parser)
    add_attacks_options(parser)
    add_options(parser, (*PICTURE, *DEFENCE))
    group = parser.add_argument_group("run")
    group.add_argument("--clip-on-clean", action="store_true", help="only CLIP answers the clean pictures")
    group.add_argument(
        "--survival", action="store_true", help="also ask the model itself behind what happens to pictures: 22 changes"
        " of the clean picture and of each attacked one; belongs to what --out holds",
    )  # fmt: skip
    group.add_argument(
        "--detect", action="store_true",
        help="score every picture by how attacked it looks, clean, attacked and under noise as large as the limit:"
        " AUROC with interval, and what is caught at 5 %% false alarms; with --out also scores.json and roc.svg",
    )  # fmt: skip
    group.add_argument(
        "--answer-with", metavar="MODEL", action="append",
        help="let this model answer too, undefended, to what the attacked one saw, and tell how often the attack fools"
        " it; repeat for several",
    )  # fmt: skip
    group.add_argument("--workers", type=int, metavar="N", help="processes or actors (default: one per core)")
    group.add_argument(
        "--batch",
        type=int,
        metavar="N",
        help="attack so many neighbouring pictures at once, the faster the larger the model; it changes the last digits"
        " of numbers, and belongs to what --out holds (default: 1)",
    )
    group.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="work on a Ray cluster: host:port, auto for the one this machine belongs to, local for one of its own;"
        " all its machines need this repository and see pictures, models and folders under the same paths",
    )
    group.add_argument("--strict", action="store_true", help="end at a picture that cannot be read, leave none out")
    group.add_argument("--out", metavar="FOLDER", type=Path, help="keep records, attacked pictures and summary here")
    group.add_argument(
        "--cache", metavar="FOLDER", type=Path, help="keep attacked pictures here, for other evaluations too"
    )
    group.add_argument(
        "--attacked", metavar="FOLDER", type=Path,
        help="with --out: at the end, also copy them here, as ATTACK/PICTURE.png, each PICTURE with the folders and the"
        " name that it has in the data set, and list them in attacked.jsonl",
    )  # fmt: skip
    group = parser.add_argument_group("result")
    group.add_argument(
        "--summary", metavar="FOLDER", type=Path, nargs="+",
        help="run nothing; tell what lies in an --out folder; several of the same pictures are compared, each defence"
        " as FOLDER/DEFENCE",
    )  # fmt: skip
    group.add_argument("--against", metavar="DEFENCE", help="compare the others with this one (default: the last)")
    form = group.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    form.add_argument("--markdown", action="store_true", help="print Markdown tables")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Evaluate and keep, or read what was kept; print."""
    if args.summary is not None:
        _check_alone(args)
        asked, kept = _read(args.summary)
        skipped = {one.key: one for folder in args.summary for one in evaluation.read_skipped(folder)}
        _check_against(args, asked)
        _print(args, _summary(args, asked, kept, [*skipped.values()]))
        return
    _check_folders(args)
    source, plan = open_source(args), _plan(args)
    asked = evaluation.asked_of(source, plan, sized(args.model, args.image_size))
    _check_against(args, asked)
    for note in source.notes if isinstance(source, Listed) else ():
        print(note, file=sys.stderr)
    if args.attacked is not None:
        writable_folder(args.attacked)
    collected, skipped = _collected(args, source, plan, asked)
    summary = _summary(args, asked, collected, skipped)
    if args.out is not None:
        with writing(args.out):
            (args.out / SUMMARY).write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
            (args.out / MARKDOWN).write_text("\n".join(markdown_lines(summary)) + "\n", encoding="utf-8")
            if args.detect:
                evaluation.write_scores(evaluation.scores_document(asked, collected), args.out / SCORES)
        if args.detect:
            save_roc_figure(summary["detection"], summary["pictures"], args.out / ROC)
    _print(args, summary)
    if args.out is not None and args.attacked is not None:
        evaluation.copy_attacked(args.out, evaluation.read_kept(args.out), args.attacked)


def _check_alone(args: argparse.Namespace) -> None:
    """Raise `EngineError` where --summary, which runs nothing, is asked to."""
    surplus = [f"--{name.replace('_', '-')}" for name in OF_A_RUN if getattr(args, name) not in (None, False)]
    require(not surplus, f"--summary runs nothing, and goes without {', '.join(surplus)}.")


def _check_folders(args: argparse.Namespace) -> None:
    """Raise `EngineError` where what is written would lie among the classes of --folder, or is not kept at all."""
    kept = args.attacked is None or args.out is not None
    require(kept, "--attacked goes with --out, the folder of an evaluation that keeps them.")
    for option, other in (("--out", args.out), ("--cache", args.cache)):
        apart = None in (args.attacked, other) or args.attacked.resolve() != other.resolve()
        require(apart, f"Expected --attacked apart from {option}, which has a list of its own; got “{other}” for both.")
    if args.folder is None:
        return
    classes = args.folder.resolve()
    for option, target in (("--out", args.out), ("--cache", args.cache), ("--attacked", args.attacked)):
        inside = target is not None and target.resolve().is_relative_to(classes)
        require(not inside, f"Expected {option} outside of --folder, whose folders are classes; got “{target}”.")


def _collected(
    args: argparse.Namespace, source: Source, plan: evaluation.Plan, asked: dict
) -> tuple[list[evaluation.Answered], list[evaluation.Skipped]]:
    """The results and the pictures that were left out, both shown as they come; `asked` is told of the loaded model."""
    skipped: list[evaluation.Skipped] = []
    kept = 0 if args.out is None else len(evaluation.kept_of(args.out, source))

    def skip(one: evaluation.Skipped) -> None:
        skipped.append(one)
        bar.update()

    on_skip = None if args.strict else skip
    stream = evaluation.evaluate(source, plan, _executor(args), args.out, args.cache, on_skip, asked.update)
    collected = list(islice(stream, kept))  # at once, so that the time left is estimated from the others
    with tqdm(total=len(source), initial=kept, unit="pictures", smoothing=0, file=sys.stderr, disable=args.json) as bar:
        for one in stream:
            collected.append(one)
            bar.update()
    return collected, skipped


def _read(folders: list[Path]) -> tuple[dict, list[evaluation.Answered]]:
    if len(folders) > 1:
        return evaluation.read_merged(folders)
    plan, kept = evaluation.read_plan(folders[0]), evaluation.read_kept(folders[0])
    if not kept:
        print(f"“{folders[0]}” has no records yet.", file=sys.stderr)
    return plan, kept


def _check_against(args: argparse.Namespace, asked: dict) -> None:
    known = args.against is None or args.against in asked["defences"]
    require(known, f"--against {args.against} is not evaluated here.")


def _executor(args: argparse.Namespace) -> evaluation.Executor:
    if args.ray is not None:
        return evaluation.RayCluster(
            args.model, args.device, args.workers, args.precision, args.ray, model_settings(args)
        )
    count = (os.cpu_count() or 1) if args.workers is None else args.workers
    return evaluation.Processes(args.model, args.device, count, args.precision, model_settings(args))


def _plan(args: argparse.Namespace) -> evaluation.Plan:
    attacks, predicted = all_attacks(args), all_predicted(args)
    shared = given(args, ("seed", "legacy"))
    settings = replace(to_settings(given(args, (*PICTURE, *DEFENCE)) | shared), attack=attacks[0])
    if args.own_word:
        settings = replace(settings, domain_word=known_set(args).word)
    batch, others = 1 if args.batch is None else args.batch, tuple(args.answer_with or ())
    of_arms = {"defend_clean": not args.clip_on_clean, "predicted": predicted, "own_target": args.own_target}
    beside = {"survival": args.survival, "detect": args.detect, "answer_with": others}
    return evaluation.Plan(settings, attacks, settings.attack.seed, batch=batch, **of_arms, **beside)


def _summary(
    args: argparse.Namespace, asked: dict, collected: list[evaluation.Answered], skipped: list[evaluation.Skipped]
) -> dict:
    asked, collected = evaluation.folded(asked, collected)
    plan = {name: value for name, value in asked.items() if name not in LISTING}
    counted = evaluation.summarise(collected, args.against) | evaluation.summarise_corruptions(collected)
    counted |= evaluation.summarise_survival(collected) | {"skipped": [asdict(one) for one in skipped]}
    return {"model": asked["model"], **counted, "plan": plan}


def _print(args: argparse.Namespace, summary: dict) -> None:
    if args.json:
        print(json.dumps(summary))
    else:
        print("\n".join(markdown_lines(summary) if args.markdown else plain_lines(summary)))
