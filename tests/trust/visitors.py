"""Two visitors at once, each with a picture and names of their own, and what is left of them once they have gone."""

from __future__ import annotations

import asyncio
import hashlib
import io
import random
import re
import zipfile
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import gradio as gr
import httpx
import torch
from gradio import route_utils

from app import tidying
from app.layout import KEEP_FILES
from app.state.shown import Shown
from app.state.tabs import Tabs
from app.state.visitors import Visitors
from engine.story import Picture, Results
from tests.page_cases import CHOICES
from tests.trust.guest import Guest, named
from tests.trust.mutations import SECRET, encoded, metadata, picture
from tests.trust.place import Place, open_model, place
from tests.trust.promise import Promise, Tally

PATIENCE = 120.0  # seconds for a visit of two
LINK = re.compile(r".*/([0-9a-f]{64})/[^/]+")  # 256 bits that nobody can guess
WORDS = ("heron", "walrus", "teapot", "violin", "cactus", "anchor", "lantern", "pretzel")
HOUR = 3600.0


class Owner:
    """Somebody with a picture and words that nobody else has."""

    def __init__(self, rng: random.Random, number: int) -> None:
        self.token = f"{rng.getrandbits(128):032x}"
        self.secret = f"grandmother{rng.randrange(10**9)}"
        self.classes = [f"{word} {self.secret[-4:]}" for word in rng.sample(WORDS, 3)]
        self.content = encoded(picture(number), "JPEG", exif=metadata().tobytes())
        self.name = f"{self.secret}.jpg"

    async def opened(self, here: Place, number: int, token: str = "") -> Guest:
        """The page, as the tab of that token loads it."""
        guest = Guest(here.url, number)
        guest.token = token or self.token
        await guest.open()
        return guest

    async def story(self, guest: Guest) -> dict[str, bytes]:
        """What lies in the download after the whole story on the own picture."""
        await guest.hand_over(self.name, self.content)
        for elem_id, value in {"views": 4, "attack-steps": 2, "defences": ["clip", "a-tpt"]}.items():
            guest.put(elem_id, value)
        guest.put("class-names", "\n".join(self.classes))
        await guest.story()
        with zipfile.ZipFile(io.BytesIO(await guest.taken())) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


def tried(count: int, rng: random.Random) -> Tally:
    """Let so many pairs of visitors tell their stories at once."""
    tally = Tally()
    with TemporaryDirectory(prefix="trust-visitors-") as folder, place("--model", open_model(Path(folder))) as here:
        for number in range(count):
            owners = [Owner(rng, 2 * number + one) for one in range(2)]
            try:
                wrong = asyncio.run(asyncio.wait_for(_pair(here, owners, rng), PATIENCE))
            except (TimeoutError, LookupError, httpx.HTTPError) as error:
                wrong = f"{type(error).__name__}: {error}"
            said = [word for one in owners for word in (one.secret, *one.classes) if word in here.said]
            tally.tried(f"pair {number}", wrong or (f"the log has {said}" if said else ""))
    return tally


async def _pair(here: Place, owners: list[Owner], rng: random.Random) -> str:
    """What is wrong with what the two were sent; empty where nothing is."""
    guests = [await one.opened(here, 1 + number) for number, one in enumerate(owners)]
    begun = [guest.files for guest in guests]
    archives = await asyncio.gather(*(one.story(guest) for one, guest in zip(owners, guests, strict=True)))
    files = [guest.files - before for guest, before in zip(guests, begun, strict=True)]
    for place_, (one, guest, archive) in enumerate(zip(owners, guests, archives, strict=True)):
        other = owners[1 - place_]
        sent = guest.everything.encode() + b"".join(archive.values())
        if found := [word for word in (other.secret, *other.classes) if word.encode() in sent]:
            return f"words of another's were sent: {found}"
        if not named(guest, one.secret):
            return "the own name was not sent, so nothing was tried"
        if SECRET.encode() in sent or (leaky := _with_metadata(archive)):
            return f"metadata of the picture in what was sent{'' if SECRET.encode() in sent else ', ' + leaky}"
    if shared := files[0] & files[1]:
        return f"both were sent {sorted(shared)[:2]}"
    return await _strangers(here, owners, guests, files, rng)


def _with_metadata(archive: dict[str, bytes]) -> str:
    """The name of a file with EXIF; empty where there is none."""
    marks = (b"Exif\0\0", b"eXIf", b"GPS")
    return next((name for name, inside in archive.items() if name.endswith(("png", "jpg")) and _any(marks, inside)), "")


def _any(marks: tuple[bytes, ...], inside: bytes) -> bool:
    return any(mark in inside for mark in marks)


async def _strangers(
    here: Place, owners: list[Owner], guests: list[Guest], files: list[set[str]], rng: random.Random
) -> str:
    """What is wrong with what a stranger gets who has neither links nor tokens of the first; empty where nothing is."""
    first, path = guests[0], rng.choice(sorted(files[0]))
    inside = await first.fetched(path)
    known = LINK.fullmatch(path)
    if known is None or hashlib.sha256(inside).hexdigest() == known[1]:
        return f"the link {path} can be guessed"
    end = "1" if known[1].endswith("0") else "0"
    for guess in (path.replace(known[1], known[1][:-1] + end), path.rpartition("/")[0], str(Path(path).parents[1])):
        answer = await guests[1].http.get(f"gradio_api/file={guess}")
        if answer.status_code not in (403, 404):
            return f"{guess} gives {answer.status_code}"
    for guest in guests:
        await guest.leave()
    for token, mine in (
        (owners[0].token, True),
        (f"{rng.getrandbits(128):032x}", False),
        (owners[0].token[:-1], False),
    ):
        tab = await owners[0].opened(here, 3, token)
        offered = owners[0].secret in tab.everything
        await tab.leave()
        if offered is not mine:
            return (
                f"a tab with {'its own' if mine else 'another'} token is{'' if offered else ' not'} offered the picture"
            )
    return ""


def forgotten(count: int, rng: random.Random) -> Tally:
    """What is kept of a visitor goes when it is said to, by clocks that are moved; what is measured are the hours."""
    tally = Tally("h", 2.0)
    for number in range(count):
        now = [rng.uniform(0, 1e6)]
        visitors = Visitors(clock=lambda now=now: now[0])
        results = Results(clock=lambda now=now: now[0])
        tabs, token = Tabs(visitors), f"{rng.getrandbits(128):032x}"
        shown = Shown("mine.png", "", (64, 64), Picture(torch.rand(3, 32, 32), "salt"), file="mine.png")
        tabs.opened(token, "first", "")
        visitors.change("first", picture=shown, choices=CHOICES)
        results.put("key", torch.zeros(10), "first own")
        tabs.opened(token, "second", "")
        wrong = "" if tabs.last("second") is not None else "nothing was kept at all"
        now[0] += tidying.KEEP + 1
        tidying.tidy(results)
        wrong = wrong or ("results are kept" if "key" in results else "")
        now[0] += HOUR
        wrong = wrong or ("the visitor is kept" if "first" in visitors or tabs.last("second") is not None else "")
        tally.tried(f"visit {number}", wrong, (visitors.keep_seconds + 1) / HOUR)
    tally.tried("files", _files_gone(), KEEP_FILES[1] / HOUR)
    return tally


def _files_gone() -> str:
    """What is wrong with how files of a page go; empty where one is there for two hours and then no longer."""
    with TemporaryDirectory(prefix="trust-files-") as folder, patch.object(route_utils, "datetime", Later):
        file = Path(folder) / "mine.png"
        file.write_bytes(b"x")
        with gr.Blocks(analytics_enabled=False) as page:
            page.upload_file_set.add(str(file))
        there = []
        for seconds in (KEEP_FILES[1] - 60, KEEP_FILES[1] + 1):
            Later.by = timedelta(seconds=seconds)
            route_utils.delete_files_created_by_app(page, KEEP_FILES[1])
            there.append(file.exists())
    return "" if there == [True, False] else f"a file before and after two hours: {there}"


class Later(datetime):
    """A clock that is ahead `by` so much."""

    by = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return datetime.now(tz) + cls.by


PROMISES = (
    Promise(
        "visitors", "What is one visitor's reaches no other, no log, and no stranger; EXIF reaches nobody.",
        quick=1, full=300, run=tried,
    ),
    Promise("forgotten", "What is kept of a visitor is gone after two hours.", quick=20, full=1000, run=forgotten),
)  # fmt: skip
