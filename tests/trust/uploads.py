"""Mutated picture files, opened as the page opens what visitors hand over: each in a process that may die or hang."""

from __future__ import annotations

import random
import warnings
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from app.originals import decoded
from engine import EngineError
from engine.pictures import LARGE_SIDE, MIN_SIDE
from tests.trust.mutations import SECRET, mutated
from tests.trust.promise import Promise, Tally

SECONDS = 20.0  # that one file may take; a large one of a format that is slow to decode takes some
MEGABYTES = 1100.0  # of memory at the most beside what is there before, as 64 megapixels of RGBA and their copy take


def tried(count: int, rng: random.Random) -> Tally:
    """Open so many files; what is measured is the memory that the worst of them took."""
    tally = Tally("MB", MEGABYTES)
    with TemporaryDirectory(prefix="trust-uploads-") as folder:
        opener = _opener()
        for number in range(count):
            name, content = mutated(rng)
            path = Path(folder) / f"file {number}{Path(name).suffix}"
            path.write_bytes(content)
            what = f"file {number} ({name}, {len(content)} bytes)"
            try:
                wrong, megabytes = opener.submit(opened, str(path)).result(SECONDS)
            except (TooLong, BrokenProcessPool) as error:
                wrong, megabytes = f"{type(error).__name__} within {SECONDS:g} s", 0.0
                _end(opener)
                opener = _opener()
            tally.tried(what, wrong, megabytes)
            path.unlink()
        opener.shutdown()
    return tally


def opened(path: str) -> tuple[str, float]:
    """What is wrong with how the file was opened, empty: nothing; and the megabytes that it took for a while."""
    before = _begin()
    return _wrong(path), _held("VmHWM") - before


def _wrong(path: str) -> str:
    try:
        found = decoded(path)
    except EngineError as error:
        return _odd_sentence(str(error), path)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    width, height = found.image.size
    if found.image.mode != "RGB" or min(width, height) < 1 or max(width, height) > LARGE_SIDE:
        return f"a picture of {found.image.mode}, {width} × {height}"
    if min(found.size) < MIN_SIDE or found.image.info or found.image.getexif():
        return f"a picture of {found.size} pixels with {found.image.info}"
    return ""


def _odd_sentence(said: str, path: str) -> str:
    """Why what was said is no sentence for a visitor; empty where it is one."""
    good = said.startswith("Expected ") and said.endswith(".") and said.isprintable()
    private = path in said or SECRET in said
    return "" if good and not private else f"it said {said!r}"


def _begin() -> float:
    """The megabytes that this process holds now; its peak begins anew (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")  # proc(5)
    return _held("VmRSS")


def _held(what: str) -> float:
    said = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what))
    return int(said.split()[1]) / 1024


def _opener() -> ProcessPoolExecutor:
    pool = ProcessPoolExecutor(1, get_context("spawn"), initializer=warnings.simplefilter, initargs=("ignore",))
    pool.submit(_begin).result()  # with everything imported
    return pool


def _end(pool: ProcessPoolExecutor) -> None:
    """End what hangs or has died already."""
    for process in list((pool._processes or {}).values()):
        process.kill()
    pool.shutdown(wait=True, cancel_futures=True)


PROMISES = (
    Promise(
        "uploads", "A file ends in a picture within bounds or in one sentence, within seconds and memory.",
        quick=400, full=5000, run=tried,
    ),
)  # fmt: skip
