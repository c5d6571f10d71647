"""What many visitors at once wait for, on the page and its API: `python -m tests.benchmarks.visitors`.

Half of them open the page, pick a sample and run the whole story, as a browser would; half call the API about samples.
Meanwhile an attack of 1,000 steps goes on, and somebody opens the page again and again. Each comes from an address of
its own.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import multiprocessing
from collections import Counter
from collections.abc import Sequence
from multiprocessing.connection import Connection
from time import perf_counter

import httpx

from engine.benchmarks.speed import Timing
from tests.benchmarks.browser import Browser, address, served
from tests.benchmarks.page_ready import PAGE

SAMPLES = PAGE.parent / "assets" / "samples"
FIRST_LIMIT, OPEN_LIMIT = 15.0, 0.3  # seconds, of 95 %: until a first result, and until the page is opened
ATTACKED = 'card done\\" data-open-step=\\"2'  # the second card has a finding
CALLS = {  # three as the page asks about a sample, and two that are computed anew
    "predict": {"name": "predict"},
    "maps": {"name": "maps"},
    "defend": {"name": "defend"},
    "attack of other steps": {"name": "attack", "steps": 5},
    "defend with other views": {"name": "defend", "views": 16},
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what 95 % of the visitors waited at most; 0 where the limits were held and all were served, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.visitors", description=__doc__)
    parser.add_argument("--visitors", type=int, default=60, metavar="N", help="at once (default: %(default)s)")
    parser.add_argument("--warm", type=float, default=90.0, metavar="S", help="seconds for the samples' stories")
    chosen = parser.parse_args(arguments)
    if not 2 <= chosen.visitors <= 190:
        parser.error(f"expected 2 to 190 visitors; got {chosen.visitors}")
    with served() as url:
        return asyncio.run(measured(url, chosen.visitors, chosen.warm))


async def measured(url: str, count: int, warm: float) -> int:
    """Let them all come at once, once the samples' stories are there."""
    await asyncio.sleep(warm)
    pages = [Browser(address(url, 1 + number)) for number in range(count // 2)]
    for page in pages:
        await page.open()
    ours, theirs = multiprocessing.Pipe()
    opener = multiprocessing.get_context("spawn").Process(target=opened_again, args=(url, theirs))
    opener.start()
    ours.recv()
    long = asyncio.create_task(call(address(url, 199), name="attack", attack="adaptive", steps=1000))
    callers = [address(url, 1 + number) for number in range(count // 2, count)]
    begun = perf_counter()
    outcomes = await asyncio.gather(
        *(story(page, number) for number, page in enumerate(pages)),
        *(timed_call(*one, number) for number, one in enumerate(zip(callers, itertools.cycle(CALLS.values())))),
    )
    print(f"{count} visitors were served in {perf_counter() - begun:.1f} s", flush=True)
    ours.send("over")
    opened = ours.recv()
    opener.join()
    long.cancel()
    kinds = ["story"] * len(pages) + list(itertools.islice(itertools.cycle(CALLS), len(callers)))
    firsts = {kind: [wait for (wait, _), one in zip(outcomes, kinds, strict=True) if one == kind] for kind in kinds}
    ends = Counter(end for _, end in outcomes)
    timings = [Timing(f"first of {kind}, 95 %", percentile(waits), FIRST_LIMIT) for kind, waits in firsts.items()]
    timings.append(Timing("opening the page, 95 %", percentile(opened), OPEN_LIMIT))
    for timing in timings:
        print(f"{timing.stage}: {timing.seconds:.2f} s ({timing.verdict})")
    print(", ".join(f"{end}: {number}" for end, number in ends.items()))
    return int(any(timing.seconds >= timing.limit for timing in timings) or set(ends) - {"served", "refused"} != set())


async def story(page: Browser, number: int) -> tuple[float, str]:
    """Seconds until the attack's result is on the page, and how the whole story ended."""
    started = perf_counter()
    try:
        await page.pick(1 + number % 9)
        before = len(page.heard)
        await page.trigger("run-story")
        await page.says(ATTACKED, after=before)
        first = perf_counter() - started
        await page.says("The whole story ", after=before)
    except (TimeoutError, httpx.HTTPError) as error:
        return perf_counter() - started, type(error).__name__
    return first, "served"


async def timed_call(http: httpx.AsyncClient, asked: dict, sample: int) -> tuple[float, str]:
    """Seconds until the answer, and how it ended."""
    started = perf_counter()
    try:
        end = await call(http, sample=sample, **asked)
    except httpx.HTTPError as error:
        end = type(error).__name__
    return perf_counter() - started, {"complete": "served", "error": "refused"}.get(end, end)


async def call(http: httpx.AsyncClient, name: str, sample: int = 0, **asked: object) -> str:
    """Call an endpoint about the sample of that number; how it ended, as Gradio says it."""
    listed = json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))
    chosen = listed[sample % len(listed)]
    files = {"files": (chosen["file"], (SAMPLES / chosen["file"]).read_bytes())}
    (path,) = (await http.post("gradio_api/upload", files=files)).json()
    picture = {"path": path, "meta": {"_type": "gradio.FileData"}}
    given = {"picture": picture, "class_names": chosen["classes"], **asked}
    if name != "predict":
        given["true_class"] = chosen["truth"]
    begun = await http.post(f"gradio_api/call/v2/{name}", json=given)
    begun.raise_for_status()
    async with http.stream("GET", f"gradio_api/call/v2/{name}/{begun.json()['event_id']}") as lines:
        async for line in lines.aiter_lines():
            if line in ("event: complete", "event: error"):
                return line.removeprefix("event: ")
    return "cut off"


def opened_again(url: str, over: Connection) -> None:
    """Open the page until `over` says something; sends there a word at the start, and last the seconds of each opening.

    In a process of its own: what the sixty visitors do with their answers is no wait for the server.
    """
    found = []
    over.send("here")
    with httpx.Client(timeout=60) as http:
        while not over.poll(0.2):
            started = perf_counter()
            http.get(url).raise_for_status()
            found.append(perf_counter() - started)
    over.send(found)


def percentile(seconds: Sequence[float], share: float = 0.95) -> float:
    """What that share of them stays within."""
    return sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))]


if __name__ == "__main__":
    raise SystemExit(main())
