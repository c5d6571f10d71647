"""What may befall a server: killed, no room on the disk, a cache that cannot be written, weights that are no numbers, a
client that vanishes, a second process, no memory, a hub that fails. Afterwards it computes what a fresh one does."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import httpx
import huggingface_hub
import torch

import engine
from tests.benchmarks.browser import address
from tests.hub import Hub
from tests.trust.calls import answer_of, sent, uploaded
from tests.trust.guest import Guest
from tests.trust.mutations import encoded, picture
from tests.trust.place import Place, open_model, place
from tests.trust.promise import Promise, Tally

CLASSES = tuple(f"thing number {number}" for number in range(250))  # as many as are kept on the disk
ASKED = {"attack": "pgd", "steps": 2, "views": 4, "defences": ["clip", "tpt"], "tune_steps": 1}
LET_GO = 30.0  # seconds until a computation ends whose client is gone
CONTENT = encoded(picture(5), "PNG")
FEW = 3  # pictures or sentences that little memory holds at once
ROUNDED = 1e-3  # of a logit, that an update may differ by where gradients near zero have the other sign
MEGABYTES = 2  # of a disk that is full soon


class Ground:
    """A model of random weights that knows any word, and what a fresh server answers with it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.model = folder, open_model(folder / "model")

    @contextmanager
    def served(self, **named: Any) -> Iterator[Place]:
        """The page with that model."""
        with place("--model", self.model, **named) as here:
            yield here

    @cached_property
    def expected(self) -> Any:
        """The numbers of a fresh server."""
        with self.served() as here:
            return numbers(here)

    def fresh(self, name: str) -> Path:
        """A new folder."""
        return Path(subprocess.run(["mktemp", "-d", "-p", self.folder, f"{name}-XXXX"], capture_output=True, text=True,
                                   check=True).stdout.strip())  # fmt: skip


def numbers(here: Place) -> Any:
    """What the API answers to one question, without the seconds that it took."""
    return asyncio.run(_numbers(here))


async def _numbers(here: Place) -> Any:
    async with address(here.url, 9) as http:
        file = await uploaded(http, "mine.png", CONTENT)
        found = answer_of(await sent(http, "/defend", {"picture": file, "class_names": list(CLASSES), **ASKED}))
    return _timeless(found)


def _timeless(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: _timeless(value) for key, value in found.items() if "seconds" not in key}
    return [_timeless(one) for one in found] if isinstance(found, list) else found


def killed(ground: Ground) -> str:
    """SIGKILL in the middle of a computation, and a start in the same folders."""
    folder = ground.fresh("killed")
    with suppress(httpx.HTTPError), ground.served(folder=folder) as here:
        asyncio.run(_kill(here))
    with ground.served(folder=folder) as here:
        return _same(ground, here)


async def _kill(here: Place) -> None:
    guest = Guest(here.url, 1)
    await guest.open()
    guest.put("attack-steps", 1000)
    await guest.trigger("attack")
    await asyncio.sleep(1)
    os.kill(here.process, signal.SIGKILL)
    await guest.leave()


def vanished(ground: Ground) -> str:
    """A client that is gone in the middle of a long computation: it ends, and the next answer waits for nothing."""
    with ground.served() as here:
        return asyncio.run(_vanish(here)) or _same(ground, here)


async def _vanish(here: Place) -> str:
    guest = Guest(here.url, 1)
    await guest.open()
    guest.put("attack-steps", 1000)
    guest.put("views", 64)
    await guest.trigger("attack-adaptive")
    await asyncio.sleep(1)
    if not here.health["computations"]["under way"]:
        return "nothing was computed, so nothing was tried"
    await guest.leave()
    gone = time.monotonic()
    while here.health["computations"]["under way"]:
        if time.monotonic() > gone + LET_GO:
            return f"what nobody waits for goes on after {LET_GO:g} s"
        await asyncio.sleep(0.2)
    return ""


def two(ground: Ground) -> str:
    """Two processes that begin with the same empty cache at once."""
    shared = {"ATPT_CACHE": str(ground.fresh("cache"))}
    with ground.served(variables=shared) as one, ground.served(variables=shared) as other:
        found = asyncio.run(_at_once(one, other))
    return "" if found == [ground.expected] * 2 else "other numbers with a shared cache"


async def _at_once(*places: Place) -> list:
    return list(await asyncio.gather(*map(_numbers, places)))


def read_only(ground: Ground) -> str:
    """A cache that nobody can write to: it lies below a file."""
    file = ground.fresh("locked") / "file"
    file.write_text("")
    with ground.served(variables={"ATPT_CACHE": str(file / "cache")}) as here:
        return _same(ground, here)


def full(ground: Ground) -> str:
    """A disk that is full, and then is not."""
    folder = ground.fresh("full")
    (folder / "files").mkdir()
    with ExitStack() as stack:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", folder / "files"]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            raise CannotBeTried("a full disk: nothing can be mounted here")
        stack.callback(subprocess.run, ["umount", "-l", folder / "files"], check=False)
        with ground.served(folder=folder) as here:
            filler = folder / "files" / "filler"
            with suppress(OSError):
                filler.write_bytes(b"x" * (MEGABYTES << 20))
            wrong = asyncio.run(_in_no_room(here))
            filler.unlink()
            return wrong or _same(ground, here)


async def _in_no_room(here: Place) -> str:
    """What is wrong with what the API says while there is no room; empty where it is a refusal with some words."""
    async with address(here.url, 9) as http:
        answer = await http.post("gradio_api/upload", files={"files": ("mine.png", CONTENT * 50)})
    words = answer.status_code == 507 and answer.text.endswith(".") and "Traceback" not in answer.text
    return "" if words else f"an upload gets status {answer.status_code}, {answer.text[:100]!r}"


def spoilt(ground: Ground) -> str:
    """A weight that is no number: the model is refused in a sentence."""
    try:
        engine.load_backbone(open_model(ground.fresh("spoilt"), spoilt=True), "cpu")
    except engine.EngineError as error:
        return "" if "no numbers" in str(error) else str(error)
    return "a model with NaN among its weights was loaded"


def little_memory(ground: Ground) -> str:
    """Memory for few pictures or sentences at once: smaller batches, and the answers of one who has enough."""
    classes, refused = engine.Classes(CLASSES[:9]), []
    settings = engine.Settings(views=engine.ViewSettings(count=9), defences=("clip", "tpt", "a-tpt"))

    def answers(backbone: engine.Backbone) -> list[torch.Tensor]:
        pixels = backbone.prepare(picture(5))
        return [one.prediction.logits for one in engine.defend(backbone, pixels, classes, settings)]

    def refuse(end: torch.nn.Module, given: tuple) -> None:
        if len(given[0]) > FEW:
            refused.append(end)
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    roomy, narrow = (engine.load_backbone(ground.model, "cpu") for _ in range(2))
    for end in (ends := (narrow.model.ln_final, narrow.model.visual.ln_post)):
        end.register_forward_pre_hook(refuse)
    pairs = list(zip(answers(narrow), answers(roomy), strict=True))
    if missing := {*ends} - {*refused}:
        return f"memory ran out in {len(ends) - len(missing)} of {len(ends)} stages only"
    apart = max((one - other).abs().max().item() for one, other in pairs)
    return "" if apart < ROUNDED else f"logits in little memory are {apart:.3g} off"


def no_memory(ground: Ground) -> str:
    """Memory that runs out for one picture alone: a sentence, and the same numbers once there is some."""
    backbone, classes = engine.load_backbone(ground.model, "cpu"), engine.Classes(CLASSES[:5])
    pixels = backbone.prepare(picture(5))
    before = engine.predict(backbone, pixels, classes).logits
    grad = torch.autograd.grad

    def refuse(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    for name in ("pgd", "adaptive"):
        settings = engine.AttackSettings(name, steps=1, target_defence="tpt")
        with patch.object(torch.autograd, "grad", refuse):
            try:
                list(engine.attack(backbone, pixels, classes, settings))
                return f"{name} ended without a sentence"
            except engine.EngineError as error:
                if "enough memory" not in str(error):
                    return str(error)
    *_, hit = engine.attack(backbone, pixels, classes, engine.AttackSettings(steps=1))
    *_, again = engine.attack(
        engine.load_backbone(ground.model, "cpu"), pixels, classes, engine.AttackSettings(steps=1)
    )
    same = torch.equal(engine.predict(backbone, pixels, classes).logits, before) and torch.equal(hit.saved, again.saved)
    return "" if same and torch.autograd.grad is grad else "other numbers after memory had run out"


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """How a hub fails, and whether a model is to be had of it all the same."""

    fields: dict[str, Any]
    works: bool


HUBS = {
    "slow": Misbehaviour({"pace": 0.2}, True),
    "cut once": Misbehaviour({"cuts": [1000]}, True),
    "wrong bytes": Misbehaviour({"damaged": True}, False),
    "too short": Misbehaviour({"short": True}, False),
    "failing": Misbehaviour({"status": 503}, False),
    "no hub": Misbehaviour({"foreign": True}, False),
    "gone": Misbehaviour({"gone": True}, False),
}


def hubs(ground: Ground) -> str:
    """A hub that fails in every way: the model comes all the same and is right, or there is a sentence."""
    folder = Path(ground.model.removeprefix("local-dir:"))
    files = {file.name: file.read_bytes() for file in folder.iterdir()}
    own = engine.load_backbone(ground.model, "cpu").fingerprint
    for name, one in HUBS.items():
        with Hub({"someone/tiny": files}, **one.fields) as hub, ExitStack() as stack:
            for where, value in {
                "ENDPOINT": hub.address,
                "HUGGINGFACE_CO_URL_TEMPLATE": hub.address + "/{repo_id}/resolve/{revision}/{filename}",
                "HF_HUB_CACHE": str(ground.fresh("hub")),
            }.items():
                stack.enter_context(patch.object(huggingface_hub.constants, where, value))
            stack.enter_context(patch("time.sleep"))  # nobody waits between attempts
            try:
                found = engine.load_backbone("hf-hub:someone/tiny", "cpu").fingerprint
            except engine.EngineError as error:
                if one.works:
                    return f"a hub that is {name}: {error}"
            else:
                if not one.works or found != own:
                    return f"a hub that is {name} gave a model"
    return ""


class CannotBeTried(Exception):
    """This machine does not allow it; the sentence says what."""


def _same(ground: Ground, here: Place) -> str:
    return "" if numbers(here) == ground.expected else "other numbers than those of a fresh server"


FAULTS: tuple[Callable[[Ground], str], ...] = (
    spoilt, little_memory, no_memory, hubs, killed, vanished, two, read_only, full,
)  # fmt: skip


def tried(count: int, rng: random.Random) -> Tally:
    """Have each fault happen so many times."""
    tally = Tally()
    with TemporaryDirectory(prefix="trust-faults-", ignore_cleanup_errors=True) as folder:
        ground = Ground(Path(folder))
        for fault in rng.sample(FAULTS * count, len(FAULTS) * count):
            try:
                tally.tried(fault.__name__, fault(ground))
            except CannotBeTried as error:
                tally.skipped = f"not tried: {error}"
            except Exception as error:
                tally.tried(fault.__name__, f"{type(error).__name__}: {error}")
    return tally


PROMISES = (
    Promise(
        "faults", "After a fault the next numbers are those of a fresh server.",
        quick=1, full=10, run=tried,
    ),
)  # fmt: skip
