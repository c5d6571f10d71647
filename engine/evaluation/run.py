"""An evaluation as a stream of results, kept line by line: a killed one loses nothing and counts nothing twice."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from ..datasets.base import Source
from ..errors import require
from ..files import make_folder, read_json
from ..models import Backbone
from .executors import Executor
from .plan import Plan
from .records import Answered, answer_question
from .store import PART, sweep

OF_MODEL = ("fingerprint", "reading")  # what a plan says of the loaded model, beside what was asked
RECORDS, SECONDS, ASKED, ATTACKED = "records.jsonl", "seconds.jsonl", "plan.json", "attacked"


def evaluate(
    source: Source,
    plan: Plan,
    executor: Executor,
    folder: Path | None = None,
    cache: Path | None = None,
    told: Callable[[dict], object] | None = None,
) -> Iterator[Answered]:
    """The results of all pictures, in order. With `folder`, those kept there come first and are not made again.

    Records do not depend on the executor. `folder` gets plan.json, records.jsonl and seconds.jsonl (one line a picture,
    written when it is whole) and attacked/ (PNG files), unless a folder `cache`, which many evaluations may share,
    keeps those. `told` gets what plan.json says of the loaded model: its fingerprint, and what it reads with.
    Raises `EngineError` for a folder that holds another evaluation or one of other weights, and whatever attacks
    and defences raise.
    """
    asked = asked_of(source, plan, executor.model)
    pictures = cache or (folder and folder / ATTACKED)
    if folder is not None:  # before a model is loaded
        _check(folder, asked)
        make_folder(folder)
        sweep(folder / ATTACKED, age=0)
    if cache is not None:
        make_folder(cache)
        sweep(cache)
    with executor.start() as each:
        of_model = next(each(_described, [None]))
        if told is not None:
            told(of_model)
        kept: list[Answered] = []
        records = seconds = None
        if folder is not None:
            _claim(folder, asked | of_model)
            kept = _resume(folder)
            records, seconds = _Lines(folder / RECORDS), _Lines(folder / SECONDS)
            yield from kept
        missing = ((index, source.ask(index)) for index in range(len(kept), len(source)))
        fingerprint = of_model["fingerprint"]
        work = partial(_answered, plan=plan, cache=pictures and pictures.resolve(), fingerprint=fingerprint)
        for answered in each(work, missing):
            if records is not None and seconds is not None:
                seconds.append(answered.seconds)
                records.append(answered.record)
            yield answered


def asked_of(source: Source, plan: Plan, model: str) -> dict:
    """The plan of an evaluation with its source and model, as plain data that survives JSON unchanged."""
    asked = {"model": model, "pictures": len(source), **source.document(), **plan.document()}
    return json.loads(json.dumps(asked))


def read_kept(folder: Path) -> list[Answered]:
    """The results that an evaluation has kept in its folder so far, in order; nothing is changed there."""
    seconds = {line["index"]: line for line in _lines(folder / SECONDS)}
    return [Answered(record, seconds.get(record["index"], {})) for record in _lines(folder / RECORDS)]


def read_plan(folder: Path) -> dict:
    """The plan of the evaluation in a folder, as plain data; raises `EngineError` where there is none."""
    path = folder / ASKED
    require(path.is_file(), f"Expected the folder of an evaluation; “{folder}” has no {ASKED}.")
    return read_json(path, "the plan of an evaluation")


def _check(folder: Path, asked: dict) -> None:
    """Raise `EngineError` where `folder` holds another evaluation; `asked` may leave out what it says of the model."""
    if not (folder / ASKED).is_file():
        return
    kept = read_plan(folder)
    differing = [name for name in sorted({*kept, *asked} - {*OF_MODEL}) if kept.get(name) != asked.get(name)]
    mine, now = kept.get("fingerprint"), asked.get("fingerprint")
    require(
        bool(differing) or now in (None, mine),
        f"“{folder}” was begun with other weights, another preprocessing or another activation under the name"
        f" {asked['model']} (fingerprint {mine}, now {now}); choose another folder or that model.",
    )
    require(
        not differing,
        f"“{folder}” holds another evaluation ({', '.join(differing)} differ); choose another folder or the same"
        " settings.",
    )


def _claim(folder: Path, asked: dict) -> None:
    """Write the plan into `folder`; raise `EngineError` where it holds another evaluation."""
    _check(folder, asked)
    temporary = (folder / ASKED).with_suffix(PART)
    temporary.write_text(json.dumps(asked, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    temporary.replace(folder / ASKED)


def _resume(folder: Path) -> list[Answered]:
    """The results kept so far; a line that was cut off while being written is removed from its file."""
    for path in (folder / RECORDS, folder / SECONDS):
        if path.is_file() and not (data := path.read_bytes()).endswith(b"\n"):
            with path.open("r+b") as file:
                file.truncate(data.rfind(b"\n") + 1)
    return read_kept(folder)


def _lines(path: Path) -> list[dict]:
    """The whole lines of a file; none where there is no file."""
    data = path.read_bytes() if path.is_file() else b""
    return [json.loads(line) for line in data[: data.rfind(b"\n") + 1].splitlines()]


class _Lines:
    """A file of JSON lines with one writer: two evaluations in one folder would count pictures twice."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size if path.is_file() else 0

    def append(self, line: dict) -> None:
        with self.path.open("ab") as file:
            require(file.tell() == self.size, f"“{self.path.parent}” is being written by another evaluation too.")
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
            self.size = file.tell()


def _described(backbone: Backbone, _: Any) -> dict:
    return {"fingerprint": backbone.fingerprint, "reading": backbone.reading}


def _answered(backbone: Backbone, item: tuple, plan: Plan, cache: Path | None, fingerprint: str) -> Answered:
    require(
        backbone.fingerprint == fingerprint,
        f"Expected one model for all workers; {backbone.name} has other weights or preprocessing on one of them.",
    )
    index, ask = item
    return answer_question(backbone, ask(), index, plan, cache)
