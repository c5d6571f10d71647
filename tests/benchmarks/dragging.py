"""Visitors who all drag a slider at once: how soon each sees something of where it stands: `python -m
tests.benchmarks.dragging`.

Each has attacked a sample before, so that the attack follows its limit; the slider moves ten times a second.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from collections.abc import Sequence
from time import perf_counter

from engine.benchmarks.speed import Timing
from tests.benchmarks.browser import Browser, address, served
from tests.benchmarks.visitors import ATTACKED, percentile

LIMIT = 3.0  # seconds, of 95 %
EVERY = 0.1  # seconds between two places of the slider


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what 95 % of the waits were at most; 0 where the limit was held and nobody was turned away, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.dragging", description=__doc__)
    parser.add_argument("--visitors", type=int, default=10, metavar="N", help="at once (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=30.0, metavar="S", help="default: %(default)s")
    chosen = parser.parse_args(arguments)
    if not 1 <= chosen.visitors <= 190:
        parser.error(f"expected 1 to 190 visitors; got {chosen.visitors}")
    with served("--cold") as url:
        return asyncio.run(measured(url, chosen.visitors, chosen.seconds))


async def measured(url: str, count: int, seconds: float) -> int:
    """Let all of them drag for so many seconds."""
    pages = [Browser(address(url, 1 + number)) for number in range(count)]
    for number, page in enumerate(pages):
        await page.open()
        await page.pick(1 + number % 9)
        await page.trigger("attack")
        await page.says(ATTACKED)
    waits = [wait for found in await asyncio.gather(*(dragged(page, seconds) for page in pages)) for wait in found]
    timing = Timing("newest place of the slider, 95 %", percentile(waits), LIMIT)
    print(f"{len(waits)} drags; {timing.stage}: {timing.seconds:.2f} s ({timing.verdict})", end="; ")
    print(f"median {percentile(waits, 0.5):.2f} s")
    return int(timing.seconds >= timing.limit)


async def dragged(page: Browser, seconds: float) -> list[float]:
    """The seconds from the last place of each drag until something of it was shown."""
    rng, waits, over = random.Random(page.session), [], perf_counter() + seconds
    while perf_counter() < over:
        until = perf_counter() + rng.uniform(0.5, 2.0)
        while perf_counter() < until:
            await page.slide("eps", round(rng.uniform(0.5, 16), 3))
            await asyncio.sleep(EVERY)
        moved, turn = perf_counter(), page.turn
        await page.slide("eps", round(rng.uniform(0.5, 16), 3))
        waits.append(await shown(page, turn) - moved)
    return waits


async def shown(page: Browser, turn: int) -> float:
    """When an attack was shown that a later turn than this asked for."""
    seen = len(page.heard)
    while True:
        for later, said in page.heard[seen:]:
            if later > turn and "<svg" in said:
                return perf_counter()
        seen = len(page.heard)
        page.news.clear()
        await asyncio.wait_for(page.news.wait(), 60)


if __name__ == "__main__":
    raise SystemExit(main())
