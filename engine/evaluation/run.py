"""An evaluation as a stream of results, kept line by line: a killed one loses nothing and counts nothing twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from itertools import chain, groupby
from pathlib import Path

from ..datasets.base import Question, Source
from ..errors import EngineError, require
from ..files import writable_folder, writing
from ..models import Backbone
from .executors import Executor
from .groups import answer_together
from .kept import Journal, check, claim, resume
from .manifest import Manifest
from .others import answering, described, fingerprints
from .plan import Plan
from .records import Answered, Skipped
from .store import ATTACKED, sweep

Item = tuple[int, str, Callable[[], Question]]  # index, key, and the call that opens it


def evaluate(
    source: Source,
    plan: Plan,
    executor: Executor,
    folder: Path | None = None,
    cache: Path | None = None,
    on_skip: Callable[[Skipped], None] | None = None,
    on_loaded: Callable[[dict], object] | None = None,
) -> Iterator[Answered]:
    """The results of all pictures, in order. With `folder`, those kept there come first and are not made again.

    Records do not depend on the executor, nor that of a picture on which others there are, but for the last digits
    where the plan attacks several at once and pictures came or went before it. `folder` gets plan.json,
    records.jsonl and seconds.jsonl (one line a picture, written when it is whole), attacked/ (PNG files), unless a
    folder `cache`, which many evaluations may share, keeps those, and attacked.jsonl, which tells what they are.

    A picture that cannot be read is left out and given to `on_skip`, and stands in skipped.jsonl; it is tried again
    the next time. Without `on_skip` it ends the evaluation, once it is written down. `on_loaded` gets what plan.json
    says of the loaded model: its fingerprint, and what it reads with.
    Raises `EngineError` for a folder that is damaged, cannot be written, or holds records of another evaluation or of
    other weights, where no picture can be read, and whatever attacks and defences raise.
    """
    asked = asked_of(source, plan, executor.model)
    pictures = cache or (folder and folder / ATTACKED)
    if folder is not None:  # before a model is loaded
        check(folder, asked)
        writable_folder(folder)
        with writing(folder):
            sweep(folder / ATTACKED, age=0)
    if cache is not None:
        writable_folder(cache)
        with writing(cache):
            sweep(cache)
    with executor.start() as each:
        of_model = next(each(described, [plan.answer_with]))
        if on_loaded is not None:
            on_loaded(of_model)
        kept: dict[int, Answered] = {}
        if folder is not None:
            claim(folder, asked | of_model)
            kept = resume(folder, source)
            yield from kept.values()
        journal = None if folder is None else Journal(folder, kept)
        home = folder or cache
        manifest = None if home is None or pictures is None else Manifest(home, pictures)
        store = pictures and pictures.resolve()
        work = partial(_answered, plan=plan, cache=store, prints=fingerprints(of_model, executor.model))
        yield from _missing(source, kept, plan.batch, partial(each, work), journal, manifest, on_skip)


def _missing(
    source: Source,
    kept: Collection[int],
    batch: int,
    each: Callable[[Iterable[list[Item]]], Iterator[list[Answered | Skipped]]],
    journal: Journal | None,
    manifest: Manifest | None,
    on_skip: Callable[[Skipped], None] | None,
) -> Iterator[Answered]:
    """The results of all pictures but those at the places `kept`, each written down before it is given."""
    missing = [index for index in range(len(source)) if index not in kept]
    groups = groupby(missing, lambda index: index // batch)
    items = ([(index, source.key(index), source.ask(index)) for index in group] for _, group in groups)
    skipped = []
    for index, result in zip(missing, chain.from_iterable(each(items)), strict=True):
        if manifest is not None and isinstance(result, Answered):
            manifest.add(result.attacked)
        if journal is not None:
            journal.add(index, result)
        if isinstance(result, Answered):
            yield result
            continue
        if on_skip is None:
            raise EngineError(result.reason)
        skipped.append(result)
        on_skip(result)
    if journal is not None:
        journal.put_in_order()
    if skipped and len(skipped) == len(source):
        why = skipped[0].reason.rstrip(".")
        raise EngineError(f"None of the {len(source):,} pictures can be read; the first: {why}.")


def asked_of(source: Source, plan: Plan, model: str) -> dict:
    """The plan of an evaluation with its source and model, as plain data that survives JSON unchanged.

    Raises `EngineError` where the attacked model is among those that answer in its place.
    """
    require(model not in plan.answer_with, f"Expected another model than {model} to answer; it is attacked.")
    asked = {"model": model, "pictures": len(source), **source.document(), **plan.document()}
    return json.loads(json.dumps(asked))


def _answered(
    backbone: Backbone, items: list[Item], plan: Plan, cache: Path | None, prints: dict[str, str | None]
) -> list[Answered | Skipped]:
    """The results of a group, in order."""
    others = answering(backbone, plan.answer_with)
    for one, fingerprint in zip((backbone, *others), prints.values(), strict=True):
        require(
            one.fingerprint == fingerprint,
            f"Expected one model for all workers; {one.name} has other weights or preprocessing on one of them.",
        )
    opened = {index: _opened(key, ask) for index, key, ask in items}
    asked = {index: one for index, one in opened.items() if isinstance(one, Question)}
    answered = answer_together(backbone, asked, plan, cache, others)
    return [one if isinstance(one, Skipped) else answered[index] for index, one in opened.items()]


def _opened(key: str, ask: Callable[[], Question]) -> Question | Skipped:
    try:
        return ask()
    except EngineError as error:
        return Skipped(key, str(error).encode("utf-8", "replace").decode())
