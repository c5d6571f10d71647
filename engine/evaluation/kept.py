"""The folder of an evaluation: its plan, and a line a picture of records, seconds and of what could not be read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from ..datasets.base import Source
from ..errors import EngineError, require
from ..files import read_json, reading, writing
from .others import ANSWERING, fingerprints
from .plan import CLEAN
from .records import Answered, Skipped
from .store import PART

RECORDS, SECONDS, SKIPPED, ASKED = "records.jsonl", "seconds.jsonl", "skipped.jsonl", "plan.json"
MANIFEST = "attacked.jsonl"  # what lies in the attacked pictures' files; see `Manifest`
ASIDE = "set-aside.jsonl"  # records of pictures that are not asked about now, should they be again
FREE = ("pictures", "fingerprint", "reading", ANSWERING)  # of the plan: may differ, or told when a model is loaded

_RECORD = {"key": str, "truth": str, "arms": dict}
_TOOK = {"attacks": dict, "defences": dict}
_PLAN = {"model": str, "pictures": int, "attacks": dict, "defences": list, "views": dict, "ensemble": dict}


def read_kept(folder: Path) -> list[Answered]:
    """The results that an evaluation has kept in its folder so far; nothing is changed there."""
    return _with_seconds(folder, _records(folder / RECORDS))


def read_skipped(folder: Path) -> list[Skipped]:
    """The pictures that the evaluation in a folder could not read when it last ran, in order."""
    lines = read_lines(folder / SKIPPED, {"key": str, "reason": str})
    return [Skipped(line["key"], line["reason"]) for line in lines]


def read_plan(folder: Path) -> dict:
    """The plan of the evaluation in a folder, as plain data; raises `EngineError` where there is none, or no whole
    one."""
    path = folder / ASKED
    require(_is_file(path), f"Expected the folder of an evaluation; “{folder}” has no {ASKED}.")
    plan = read_json(path, "the plan of an evaluation")
    require(_fits(plan, _PLAN), f"Expected the plan of an evaluation; “{path}” is damaged: {_lacking(plan, _PLAN)}.")
    return plan


def kept_of(folder: Path, source: Source) -> dict[int, Answered]:
    """The kept results of what `source` asks about now, by place, in order; nothing is changed there."""
    return _sorted_out(folder, source)[0]


def check(folder: Path, asked: dict) -> None:
    """Raise `EngineError` where `folder` holds another evaluation; `asked` may leave out what it says of the model.

    A plan without any record holds nothing: its evaluation was refused or ended before the first picture.
    """
    if not _is_file(folder / ASKED) or not has_records(folder):
        return
    kept = read_plan(folder)
    differing = [name for name in sorted({*kept, *asked} - {*FREE}) if kept.get(name) != asked.get(name)]
    before, now = (fingerprints(plan, asked["model"]) for plan in (kept, asked))
    other = [name for name in now if "fingerprint" in asked and before.get(name) != now[name]]
    require(
        not other or bool(differing),
        f"“{folder}” was begun with other weights, another preprocessing or another activation under the name"
        f" {', '.join(f'{one} (fingerprint {before.get(one)}, now {now[one]})' for one in other)}; choose another"
        " folder or that model.",
    )
    require(
        not differing,
        f"“{folder}” holds another evaluation ({', '.join(differing)} differ); choose another folder or the same"
        " settings.",
    )


def claim(folder: Path, asked: dict) -> None:
    """Write the plan into `folder`; raise `EngineError` where it holds another evaluation."""
    check(folder, asked)
    with writing(folder):
        if not has_records(folder):
            for name in (SECONDS, SKIPPED, MANIFEST):  # may be of another plan
                (folder / name).unlink(missing_ok=True)
        replace_file(folder / ASKED, (json.dumps(asked, indent=1, sort_keys=True) + "\n").encode())


def has_records(folder: Path) -> bool:
    """Whether a whole record lies in the folder, be it set aside."""
    return any(b"\n" in _bytes(folder / name) for name in (RECORDS, ASIDE))


def resume(folder: Path, source: Source) -> dict[int, Answered]:
    """The same as `kept_of`, with the folder made ready to go on: its records are those, in order, and the others are
    set aside; lines that were cut off while being written and what could not be read before are gone."""
    for path in (folder / RECORDS, folder / SECONDS):
        cut_off(path)
    kept, others = _sorted_out(folder, source)
    with writing(folder):
        _write(folder / ASIDE, [one.record for one in others])  # first: a kill then repeats a record, and loses none
        _write(folder / RECORDS, [one.record for one in kept.values()])
        _write(folder / SKIPPED, [])
    return kept


def cut_off(path: Path) -> None:
    """Remove a last line that has no end from a file of JSON lines, if there is one."""
    data = _bytes(path)
    if data and not data.endswith(b"\n"):
        with writing(path.parent), path.open("r+b") as file:
            file.truncate(data.rfind(b"\n") + 1)


def read_lines(path: Path, needed: dict[str, type]) -> list[dict]:
    """The whole lines of a file of JSON lines; none where there is no file.

    Raises `EngineError` with file and line where one is no JSON object with the `needed` keys, each of its type.
    """
    data = _bytes(path)
    lines = data[: data.rfind(b"\n") + 1].split(b"\n")[:-1]
    return [_parsed(line, f"line {number} of “{path}”", needed) for number, line in enumerate(lines, 1)]


def _parsed(line: bytes, place: str, needed: dict[str, type]) -> dict:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise EngineError(f"Expected lines that an evaluation wrote; {place} is damaged: it is not JSON.") from error
    require(
        _fits(found, needed),
        f"Expected lines that an evaluation wrote; {place} is damaged: {_lacking(found, needed)}.",
    )
    return found


def _records(path: Path) -> list[dict]:
    """The records in a file; raises `EngineError` too where one has other arms or defences than the first."""
    records = read_lines(path, _RECORD)
    for number, one in enumerate(records, 1):
        answers = [answer for of_arm in one["arms"].values() if isinstance(of_arm, dict) for answer in of_arm.values()]
        whole = CLEAN in one["arms"] and all(_fits(answer, {"right": bool}) for answer in answers)
        require(
            whole and _shape(one["arms"]) == _shape(records[0]["arms"]),
            f"Expected lines that an evaluation wrote; line {number} of “{path}” is damaged: not the answers of every"
            " defence in every arm.",
        )
    return records


def _shape(arms: dict) -> dict[str, list[str]]:
    """The defences of every arm."""
    return {arm: [*found] for arm, found in arms.items() if isinstance(found, dict)}


def _fits(found: object, needed: dict[str, type]) -> bool:
    return isinstance(found, dict) and all(isinstance(found.get(key), kind) for key, kind in needed.items())


def _lacking(found: object, needed: dict[str, type]) -> str:
    """What `found` lacks of the needed keys, in words."""
    if not isinstance(found, dict):
        return "it is no JSON object"
    return f"no {' or '.join(key for key, kind in needed.items() if not isinstance(found.get(key), kind))} that fits"


def _is_file(path: Path) -> bool:
    with reading(path.parent):
        return path.is_file()


def _bytes(path: Path) -> bytes:
    """The bytes of a file; none where there is no file."""
    with reading(path.parent):
        return path.read_bytes() if path.is_file() else b""


class Journal:
    """Writes the results of one evaluation into its folder, each when it is whole."""

    def __init__(self, folder: Path, kept: Iterable[int]) -> None:
        self.records, self.seconds, self.skipped = (_Lines(folder / name) for name in (RECORDS, SECONDS, SKIPPED))
        self.places = list(kept)  # of the records, as they stand in the file

    def add(self, index: int, result: Answered | Skipped) -> None:
        """Keep the one at that place; raises `EngineError` where another evaluation writes into the folder too."""
        if isinstance(result, Skipped):
            self.skipped.append(asdict(result))
            return
        self.seconds.append(result.seconds)
        self.records.append(result.record)
        self.places.append(index)

    def put_in_order(self) -> None:
        """Sort the records by place: those of pictures that came later stand behind the others until then."""
        self.records.check()
        placed = zip(self.places, _records(self.records.path), strict=True)
        with writing(self.records.path.parent):
            _write(self.records.path, [record for _, record in sorted(placed, key=lambda pair: pair[0])])


class _Lines:
    """A file of JSON lines with one writer: two evaluations in one folder would count pictures twice."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = self._now()

    def _now(self) -> int:
        return self.path.stat().st_size if self.path.is_file() else 0

    def check(self) -> None:
        """Raise `EngineError` where somebody else has written to the file."""
        require(self._now() == self.size, f"“{self.path.parent}” is being written by another evaluation too.")

    def append(self, line: dict) -> None:
        self.check()
        with writing(self.path.parent), self.path.open("ab") as file:
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
            self.size = file.tell()


def _sorted_out(folder: Path, source: Source) -> tuple[dict[int, Answered], list[Answered]]:
    """The kept results of what `source` asks about now, by place, and all others."""
    by_key: dict[str, list[Answered]] = {}
    for one in _with_seconds(folder, [*_records(folder / RECORDS), *_records(folder / ASIDE)]):
        by_key.setdefault(one.record["key"], []).append(one)
    found: dict[int, Answered] = {}
    for index in range(len(source)):
        same = by_key.get(source.key(index), [])
        place = next((place for place, one in enumerate(same) if source.recognises(index, one.record)), None)
        if place is not None:
            found[index] = same.pop(place)
    return found, [one for same in by_key.values() for one in same]


def _with_seconds(folder: Path, records: Sequence[dict]) -> list[Answered]:
    """The results with their seconds, which older evaluations keep by place alone."""
    lines = read_lines(folder / SECONDS, _TOOK)
    seconds = {line["key"] if "key" in line else line.get("index"): line for line in lines}
    found = [Answered(one, seconds.get(one["key"], seconds.get(one.get("index"), {}))) for one in records]
    for one in found:
        require(
            not one.seconds or _shape(one.seconds["defences"]) == _shape(one.record["arms"]),
            f"Expected lines that an evaluation wrote; that of “{one.record['key']}” in “{folder / SECONDS}” is"
            " damaged: not the seconds of every defence in every arm.",
        )
    return found


def _write(path: Path, lines: Sequence[dict]) -> None:
    """Make these the lines of the file, unless they are; no lines, no file."""
    data = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    if not data:
        path.unlink(missing_ok=True)
    elif not path.is_file() or path.read_bytes() != data:
        replace_file(path, data)


def replace_file(path: Path, data: bytes) -> None:
    """Write the file whole or not at all, also when killed."""
    temporary = path.with_suffix(PART)
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
