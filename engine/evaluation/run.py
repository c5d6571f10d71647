"""An evaluation as a stream of records, kept line by line: killed, it loses nothing and counts nothing twice."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ..backbone import Backbone
from ..errors import require
from .plan import Plan
from .records import answer_question
from .sources import Source
from .workers import in_workers

RECORDS, ASKED, ATTACKED = "records.jsonl", "plan.json", "attacked"


def evaluate(
    source: Source, plan: Plan, model: str, device: str | None = None, folder: Path | None = None, workers: int = 1
) -> Iterator[dict]:
    """The records of all pictures, in order. With `folder`, those already kept there come first and are not made again.

    Records do not depend on the number of workers. `folder` gets plan.json, records.jsonl (one line a picture, written
    when it is whole) and attacked/ (PNG files).
    Raises `EngineError` for a folder that holds another evaluation, and whatever the stages raise.
    """
    kept: list[dict] = []
    if folder is not None:
        _claim(folder, {"model": model, **source.document(), **plan.document()})
        kept = _resume(folder / RECORDS)
        yield from kept
    missing = range(len(kept), len(source))
    if not missing:
        return
    job = partial(_record, source=source, plan=plan, cache=None if folder is None else folder / ATTACKED)
    for record in in_workers(job, missing, model, device, workers):
        if folder is not None:
            _append(folder / RECORDS, record)
        yield record


def _claim(folder: Path, document: dict) -> None:
    """Make `folder` this evaluation's, or see that it is."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ASKED
    text = json.dumps(document, indent=1, sort_keys=True) + "\n"
    if not path.is_file():
        temporary = path.with_suffix(".part")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    require(
        path.read_text(encoding="utf-8") == text,
        f"“{folder}” holds another evaluation (see its {ASKED}); choose another folder or the same settings.",
    )


def _resume(path: Path) -> list[dict]:
    """The records kept so far; a line that was cut off while being written is taken off the file."""
    if not path.is_file():
        return []
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        with path.open("r+b") as file:
            file.truncate(len(whole))
    return [json.loads(line) for line in whole.splitlines()]


def _append(path: Path, record: dict) -> None:
    with path.open("ab") as file:
        file.write(json.dumps(record).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _record(backbone: Backbone, index: int, source: Source, plan: Plan, cache: Path | None) -> dict:
    return answer_question(backbone, source.question(index), index, plan, cache)
