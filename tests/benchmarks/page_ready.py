"""How soon after `python app.py` the page can be opened, and what its server takes while nobody asks for anything.

`python -m tests.benchmarks.page_ready`
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from engine.benchmarks import speed

PAGE = Path(__file__).resolve().parents[2] / "app.py"
READY = "The page is ready at "  # what the page's process prints when it can be opened
LIMIT = 15.0  # seconds, on two cores with the built-in model
REST_LIMIT = 0.01  # of a core
SETTLED = 3.0  # seconds until what the start itself has begun is through


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the median over `--runs` starts, the share of a core at rest, and their limits; 0 where they were held."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.page_ready", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="starts that are timed (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--rest", type=float, default=20.0, metavar="S", help="seconds at rest (default: %(default)s)")
    chosen = parser.parse_args(arguments)
    if chosen.runs < 1:
        parser.error(f"expected at least one run; got {chosen.runs}")
    seconds, share = [], 0.0
    for _ in range(speed.WARM_UP + chosen.runs):
        begun = time.perf_counter()
        with started("--cold") as (page, _):
            seconds.append(time.perf_counter() - begun)
            if len(seconds) == speed.WARM_UP + chosen.runs:
                share = at_rest(page, chosen.rest)
    timing = speed.Timing("page ready after start", statistics.median(seconds[speed.WARM_UP :]), LIMIT)
    document = {"stage": timing.stage, "seconds": timing.seconds, "limit": timing.limit, "runs": chosen.runs}
    document |= {"share_at_rest": share, "share_limit": REST_LIMIT}
    lines = [
        f"{timing.stage}: {timing.seconds:.1f} s, median of {chosen.runs} ({timing.verdict})",
        f"at rest: {share:.2%} of a core (< {REST_LIMIT:.0%} {'held' if share < REST_LIMIT else 'MISSED'})",
    ]
    print(json.dumps(document) if chosen.json else "\n".join(lines))
    return int(timing.seconds >= LIMIT or share >= REST_LIMIT)


@contextmanager
def started(*options: str, log: Path | None = None, **variables: str) -> Iterator[tuple[subprocess.Popen, str]]:
    """A process that serves the page with these options and variables, and where; raises `RuntimeError` if it never
    does. What it says goes into the file `log`, or beside what is said here."""
    with ExitStack() as stack:
        written = None if log is None else stack.enter_context(log.open("ab", buffering=0))
        page = stack.enter_context(
            subprocess.Popen(
                [sys.executable, str(PAGE), *options], stdout=subprocess.PIPE, stderr=written, text=True,
                env=os.environ | variables,
            )
        )  # fmt: skip
        try:
            said = next((line for line in page.stdout if line.startswith(READY)), None)
            if said is None:
                raise RuntimeError(f"Expected {PAGE.name} to say “{READY}”; it ended without.")
            if written is not None:
                threading.Thread(target=shutil.copyfileobj, args=(page.stdout.buffer, written), daemon=True).start()
            yield page, said.removeprefix(READY).strip()
        finally:
            page.terminate()


def at_rest(page: subprocess.Popen, seconds: float) -> float:
    """The share of a core that the page's server takes (Linux)."""
    time.sleep(SETTLED)
    before = _cpu_seconds(page)
    time.sleep(seconds)
    return (_cpu_seconds(page) - before) / seconds


def _cpu_seconds(process: subprocess.Popen) -> float:
    user, system = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    raise SystemExit(main())
