"""What the service promises, tried: `python -m tests.trust --quick`, and `--full` for hours of it."""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Sequence

from tests.trust.promise import Promise, Tally
from tests.trust.promises import PROMISES

SEED = 31


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one line for each promise; 0 where all were held, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.trust", description=__doc__)
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--quick", action="store_true", help="few tries of each, under four minutes on two idle cores")
    length.add_argument("--full", action="store_true", help="thousands of tries, hours")
    names = [promise.name for promise in PROMISES]
    parser.add_argument("--only", choices=names, nargs="+", default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--seed", type=int, default=SEED, help="of all that is random (default: %(default)s)")
    parser.add_argument("--tries", type=int, metavar="N", help="so many of each instead")
    chosen = parser.parse_args(arguments)
    print(f"seed {chosen.seed}", flush=True)
    print(f"{'promise':<12} {'tries':>6} {'failures':>8} {'seconds':>8} {'of CPU':>7}  worst figure", flush=True)
    tallies = []
    for promise in (one for one in PROMISES if one.name in chosen.only):
        begun, worked = time.perf_counter(), _cpu_seconds()
        count = chosen.tries or (promise.full if chosen.full else promise.quick)
        tally = promise.run(count, random.Random(f"{chosen.seed} {promise.name}"))
        tallies.append(tally)
        print(_line(promise, tally, time.perf_counter() - begun, _cpu_seconds() - worked), flush=True)
    return int(not all(tally.held for tally in tallies))


def _cpu_seconds() -> float:
    """Those of this process and of all that it has started and seen end."""
    return sum(os.times()[:4])


def _line(promise: Promise, tally: Tally, seconds: float, worked: float) -> str:
    worst = tally.skipped or str(tally.figure or "")
    line = f"{promise.name:<12} {tally.tries:>6} {tally.failures:>8} {seconds:>8.1f} {worked:>7.1f}  {worst}".rstrip()
    said = f"\n  promised: {promise.says}\n  first failure: {tally.example or 'it was never tried'}"
    return line if tally.held else line + said


if __name__ == "__main__":
    raise SystemExit(main())
