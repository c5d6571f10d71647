"""Seconds from `python app.py` until the page can be opened: `python -m tests.benchmarks.page_ready`."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.benchmarks.speed import Timing, median_seconds

PAGE = Path(__file__).resolve().parents[2] / "app.py"
READY = "The page is ready"  # what the page's process prints when it can be opened
LIMIT = 15  # seconds, on two cores with the built-in model


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the median over `--runs` starts and the limit; 0 where it was held and 1 where it was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.page_ready", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="starts that are timed (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    chosen = parser.parse_args(arguments)
    if chosen.runs < 1:
        parser.error(f"expected at least one run; got {chosen.runs}")
    timing = Timing("page ready after start", median_seconds(start, chosen.runs), LIMIT)
    document = {"stage": timing.stage, "seconds": timing.seconds, "limit": timing.limit, "runs": chosen.runs}
    line = f"{timing.stage}: {timing.seconds:.1f} s, median of {chosen.runs} ({timing.verdict})"
    print(json.dumps(document) if chosen.json else line)
    return int(timing.seconds >= LIMIT)


def start() -> None:
    """Start the page's process and end it once the page is ready; raises `RuntimeError` if it never is."""
    with subprocess.Popen([sys.executable, str(PAGE)], stdout=subprocess.PIPE, text=True) as page:
        said = any(line.startswith(READY) for line in page.stdout)
        page.terminate()
    if not said:
        raise RuntimeError(f"Expected {PAGE.name} to say “{READY}”; it ended without.")


if __name__ == "__main__":
    raise SystemExit(main())
