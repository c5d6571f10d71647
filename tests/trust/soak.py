"""Whole stories by changing visitors, and what the server still holds of them afterwards."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from statistics import median
from time import sleep

import httpx

from tests.trust.guest import Guest
from tests.trust.mutations import encoded, picture
from tests.trust.place import Place, place, samples
from tests.trust.promise import Promise, Tally

PATIENCE = 240.0  # seconds for one story, on a machine that does other things as well
WARM = 50  # stories until the server has all that it keeps; a tenth of them where there are few
GROWTH, FEW_GROWTH = 0.1, 40.0  # MB a story after that, beside results; few stories show no more than a gross leak
RESIDENT = 1600.0  # MB, with the built-in model
SETTLED = 5.0  # seconds until memory has been given back
THREADS, DESCRIPTORS = 8, 20  # more than when it was warm
LAB = ("read-words", "look-inside", "show-plane", "look-for-signs", "test-map", "send-on", "every-run", "read-patches")


def tried(count: int, rng: random.Random) -> Tally:
    """Have so many visitors come and go; what is measured is by how much memory grows for each."""
    many = count > WARM
    warm = WARM if many else min(count, 2)
    tally = Tally("MB a story", GROWTH if many else FEW_GROWTH)
    with place("--model", "fieldguide") as here:
        held = []
        for number in range(count):
            try:
                wrong = asyncio.run(asyncio.wait_for(_visit(here, number, rng), PATIENCE))
            except (TimeoutError, LookupError, httpx.HTTPError) as error:
                wrong = f"{type(error).__name__}: {error}"
            tally.tried(f"story {number}", wrong or ("the log has a traceback" if "Traceback" in here.said else ""))
            if number + 1 in (warm, count):
                sleep(SETTLED)
            held.append(_held(here))
        first, last = held[warm - 1], held[-1]
        grown = (_megabytes(held[-3:]) - _megabytes(held[warm - 1 : warm + 2])) / max(1, count - warm)
        tally.tried(f"memory from {_megabytes(held[warm - 1 : warm + 2]):.0f} MB on", figure=max(0.0, grown))
        resident = last["resident"]  # at rest: an attack that goes on takes a third of a gigabyte to work in
        tally.tried("memory at the end", f"{resident:.0f} MB" if resident > RESIDENT else "")
        for what, more in (("threads", THREADS), ("descriptors", DESCRIPTORS)):
            grew = last[what] - first[what]
            tally.tried(f"{what} from {first[what]} on", f"{grew} more" if grew > more else "")
    return tally


def _megabytes(held: list[dict[str, float]]) -> float:
    return median(one["megabytes"] for one in held)


def _held(here: Place) -> dict[str, float]:
    """What the process holds (Linux): resident megabytes, threads, descriptors."""
    folder = Path(f"/proc/{here.process}")
    said = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
    resident = int(said["VmRSS"].split()[0]) / 1024
    return {
        "resident": resident,
        "megabytes": resident - here.health["bytes"]["results"] / 1e6,  # which are bounded, and are there to be used
        "threads": int(said["Threads"]),
        "descriptors": len(list((folder / "fd").iterdir())),
    }


async def _visit(here: Place, number: int, rng: random.Random) -> str:
    """One visitor: a picture, its whole story, and then some of what there is besides."""
    guest = Guest(here.url, 1 + number % 190)
    await guest.open()
    if number % 2:
        await guest.hand_over(f"mine {number}.jpg", encoded(picture(1000 + number, (640, 480)), "JPEG"))
    else:
        await guest.pick(rng.randrange(9))
    chosen = rng.choice(samples())
    if number % 2:
        guest.put("class-names", "\n".join(chosen["classes"]))
    await guest.story()
    besides = rng.choice(("drags", "pin", "lab", "download", "nothing"))
    if besides == "drags":
        for _ in range(10):
            await guest.slide("eps", round(rng.uniform(0.5, 16), 3))
            await asyncio.sleep(0.1)
    elif besides == "pin":
        await guest.trigger("pin")
        await guest.rests()
        await guest.slide("eps", 7.5)
    elif besides == "lab":
        await guest.trigger(rng.choice(LAB))
    elif besides == "download" and not await guest.taken():
        return "an empty download"
    await guest.rests()
    if number % 3 == 0:
        await guest.trigger("attack-adaptive")  # and is gone in the middle of it
    await guest.leave()
    return ""


PROMISES = (
    Promise("soak", "Memory, threads and descriptors stay as they are, whoever comes and goes.", quick=6, full=500,
            run=tried),
)  # fmt: skip
