"""Seconds of commands that people wait for at a shell, beside their limits: `python -m tests.benchmarks.shell`."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from engine.assets import ASSETS
from engine.benchmarks.speed import Timing, median_seconds
from engine.cli.tables import table

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = str(ASSETS / "samples" / "beetle-4.png")
SHELL = (  # the words of a command line, how it ends, and the limit in seconds on two cores
    (("--help",), 0, 0.7),
    (("predict", SAMPLE, "--wrong"), 2, 0.7),
    (("predict", SAMPLE), 0, 3),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the median over `--runs` of each command and its limit; 0 where all were held, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.shell", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="runs of each (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    chosen = parser.parse_args(arguments)
    if chosen.runs < 1:
        parser.error(f"expected at least one run; got {chosen.runs}")
    timings = [
        Timing(
            " ".join(Path(word).name for word in words), median_seconds(partial(run, words, ends), chosen.runs), limit
        )
        for words, ends, limit in SHELL
    ]
    data = [{"stage": t.stage, "seconds": t.seconds, "limit": t.limit} for t in timings]
    rows = [(t.stage, f"{t.seconds:.2f}", t.verdict) for t in timings]
    lines = table(("python -m engine", "seconds", "limit"), rows)
    print(json.dumps({"stages": data, "runs": chosen.runs}) if chosen.json else "\n".join(lines))
    return int(any(t.seconds >= t.limit for t in timings))


def run(words: Sequence[str], ends: int) -> None:
    """Run the command in a process of its own; raises `RuntimeError` where it ends with another code."""
    done = subprocess.run([sys.executable, "-m", "engine", *words], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != ends:
        raise RuntimeError(f"Expected {' '.join(words)} to end with {ends}; got {done.returncode}: {done.stderr}")


if __name__ == "__main__":
    raise SystemExit(main())
