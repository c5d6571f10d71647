"""An evaluation as a stream of records, kept line by line: killed, it loses nothing and counts nothing twice."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context, parent_process
from pathlib import Path

import torch

from ..backbone import load_backbone
from ..errors import require
from .plan import Plan
from .records import answer_question
from .sources import Source

RECORDS, ASKED, ATTACKED = "records.jsonl", "plan.json", "attacked"


def evaluate(
    source: Source, plan: Plan, model: str, device: str | None = None, folder: Path | None = None, workers: int = 1
) -> Iterator[dict]:
    """The records of all pictures, in order. With `folder`, those already kept there come first and are not made again.

    Each worker is a process with one thread and a model of its own, so records do not depend on how many there are.
    `folder` gets plan.json, records.jsonl (one line a picture, written when it is whole) and attacked/ (PNG files).
    Raises `EngineError` for a folder that holds another evaluation, and whatever the stages raise.
    """
    require(workers >= 1, f"Expected at least one worker; got {workers}.")
    kept: list[dict] = []
    if folder is not None:
        _claim(folder, {"model": model, **source.document(), **plan.document()})
        kept = _resume(folder / RECORDS)
        yield from kept
    missing = range(len(kept), len(source))
    if not missing:
        return
    job = partial(_record, source=source, plan=plan, cache=None if folder is None else folder / ATTACKED)
    with ProcessPoolExecutor(workers, get_context("spawn"), _open, (model, device)) as pool:
        for record in pool.map(job, missing):
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


def _open(model: str, device: str | None) -> None:
    """In a fresh worker: load the model, and end when the parent does, however it ends."""
    global _backbone  # one model per process; the pool offers no other place for it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    _backbone = load_backbone(model, device)


def _end_with_parent() -> None:
    parent_process().join()
    os._exit(1)


def _record(index: int, source: Source, plan: Plan, cache: Path | None) -> dict:
    return answer_question(_backbone, source.question(index), index, plan, cache)
