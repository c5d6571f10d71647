"""Calls of the API, generated from what the endpoints say of themselves and from nasty values."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

import httpx

from tests.benchmarks.browser import address
from tests.trust.mutations import SUFFIXES, mutated
from tests.trust.nasty import nasty, nasty_file
from tests.trust.place import SAMPLES, Place, place, samples
from tests.trust.promise import Promise, Tally

PASSES = 60  # a minute for each address, so that no call takes long
SECONDS = 60.0  # until an answer, on a machine that does other things as well
LONGEST = 700  # characters of a sentence
ADDRESSES = 190
SMALL = {  # values that cost little, of arguments whose usual ones cost much
    "steps": (1, 2), "views": (2, 4), "tune_steps": (0, 1), "defences": (["clip"], ["tpt"], ["clip", "zero"], []),
    "eot_samples": (1,), "seeds": (1,), "answer_with": (["fieldguide@168"], []), "class_names": (), "picture": (),
    "model": ("", "fieldguide"),
}  # fmt: skip
Asked = dict[str, Any]


def tried(count: int, rng: random.Random) -> Tally:
    """Make so many calls; what is measured is the longest until an answer."""
    with place("--address-passes", str(PASSES)) as here:
        return asyncio.run(_tried(here, count, rng))


async def _tried(here: Place, count: int, rng: random.Random) -> Tally:
    tally, read = Tally("s", SECONDS), 0
    endpoints = httpx.get(f"{here.url}gradio_api/info", timeout=60).json()["named_endpoints"]
    for number in range(count):
        async with address(here.url, 1 + number % ADDRESSES) as http:
            name = rng.choice(sorted(endpoints))
            parameters = endpoints[name]["parameters"]
            asked = await generated(http, parameters, rng)
            begun = perf_counter()
            if rng.random() < 0.2:
                status, said = await sent(http, name, in_places(asked, parameters))
            else:
                status, said = await sent(http, name, mangled(asked, rng))
        wrong = odd_answer(status, said)
        log = here.said
        if not wrong and any(sign in log[read:] for sign in ("Traceback", "Error:")):
            wrong = f"the log says {log[read:][-400:]!r}"
        read = len(log)
        shown = json.dumps({key: value for key, value in asked.items() if key != "class_names"})
        tally.tried(f"call {number} of {name} with {shown:.600}", wrong, perf_counter() - begun)
    return tally


async def generated(http: httpx.AsyncClient, parameters: Sequence[Mapping], rng: random.Random) -> Asked:
    """The arguments of one call: sound ones, among which up to four are not."""
    sample = rng.choice(samples())
    content = (SAMPLES / sample["file"]).read_bytes()
    given: Asked = {"picture": await uploaded(http, sample["file"], content), "class_names": sample["classes"]}
    for one in parameters:
        name = one["parameter_name"]
        if name in given or (one["parameter_has_default"] and name not in SMALL and rng.random() < 0.7):
            continue
        given[name] = sound(one, sample["classes"], rng)
    if rng.random() < 0.15:
        name, content = mutated(rng)
        given["picture"] = await uploaded(http, f"odd.{rng.choice(SUFFIXES)}", content) or nasty_file(rng)
    for one in rng.sample(list(parameters), rng.choice((0, 1, 1, 2, 4))):
        name = one["parameter_name"]
        given[name] = nasty_file(rng) if "picture" in name else nasty(rng)
    return given


def sound(one: Mapping, classes: Sequence[str], rng: random.Random) -> Any:
    """A value that an argument may have, by its schema, its default and what is known to cost little."""
    name, schema = one["parameter_name"], one["type"]
    if SMALL.get(name):
        return rng.choice(SMALL[name])
    if "enum" in schema:
        return rng.choice(schema["enum"])
    if schema.get("type") == "string" and name in ("true_class", "about", "against", "target"):
        return rng.choice(("", *classes))
    if schema.get("type") == "boolean":
        return rng.random() < 0.5
    return one["parameter_default"]


def mangled(asked: Asked, rng: random.Random) -> Asked:
    """The call with an argument left out, or one that there is not, at times."""
    changed = dict(asked)
    if rng.random() < 0.05:
        del changed[rng.choice(sorted(changed))]
    if rng.random() < 0.05:
        changed["nonsense"] = nasty(rng)
    return changed


async def uploaded(http: httpx.AsyncClient, name: str, content: bytes) -> Asked | None:
    """How a call names the file that was just uploaded; None where the server does not take it."""
    answer = await http.post("gradio_api/upload", files={"files": (name, content)})
    if answer.status_code != 200:
        return None
    return {"path": answer.json()[0], "orig_name": name, "meta": {"_type": "gradio.FileData"}}


def in_places(asked: Asked, parameters: Sequence[Mapping]) -> list:
    """The call as older clients make it, with arguments by their places."""
    return [asked.get(one["parameter_name"], one["parameter_default"]) for one in parameters]


async def sent(http: httpx.AsyncClient, name: str, asked: Asked | list) -> tuple[int, str]:
    """Status and text of what came: of the call where it was refused, else of its stream."""
    path = f"gradio_api/call{name}" if isinstance(asked, list) else f"gradio_api/call/v2{name}"
    content = json.dumps({"data": asked} if isinstance(asked, list) else asked)
    begun = await http.post(path, content=content, headers={"content-type": "application/json"})
    if begun.status_code != 200:
        return begun.status_code, begun.text
    answer = await http.get(f"{path}/{begun.json()['event_id']}")
    return answer.status_code, answer.text


def answer_of(found: tuple[int, str]) -> Any:
    """The numbers that came; raises `LookupError` with what came instead."""
    status, said = found
    event, _, data = said.rpartition("event: ")[2].partition("\ndata: ")
    if status != 200 or event != "complete":
        raise LookupError(f"status {status}, {said[:300]}")
    return json.loads(data)


def odd_answer(status: int, said: str) -> str:
    """What is wrong with an answer; empty where it is numbers, or a refusal in one sentence."""
    if status >= 500 or "Traceback" in said or 'File "' in said:
        return f"status {status}, {said[:300]!r}"
    if status != 200:
        return "" if "detail" in json.loads(said) else f"status {status} without a sentence"
    event, _, data = said.rpartition("event: ")[2].partition("\ndata: ")
    try:
        found = json.loads(data, parse_constant=_no_number)
    except ValueError as error:
        return f"no JSON: {error}"
    if event == "complete":
        return "" if isinstance(found, list) and found else f"no answer: {data[:200]}"
    sentence = found.get("error") if isinstance(found, dict) else None
    good = isinstance(sentence, str) and sentence.strip()[-1:] in (".", "?", "!") and len(sentence) <= LONGEST
    return "" if event == "error" and good else f"{event}, no sentence: {data[:300]}"


def _no_number(constant: str) -> float:
    raise ValueError(f"{constant} in the answer")


def budgeted(count: int, rng: random.Random) -> Tally:
    """Ask from one address after the other for more than its budget; what is measured is how much more ran.

    A call takes at least as many passes as its attack has steps.
    """
    budget = 20
    with place("--address-passes", str(budget)) as here:
        return asyncio.run(_budgeted(here, budget, count, rng))


async def _budgeted(here: Place, budget: int, count: int, rng: random.Random) -> Tally:
    tally = Tally("budgets", 1.0)
    for number in range(count):
        ran, begun, sample = 0, perf_counter(), rng.choice(samples())
        wanted = [budget + rng.randint(1, 900), *(rng.randint(1, 5) for _ in range(6))]
        async with address(here.url, 1 + number % ADDRESSES) as http:
            file = await uploaded(http, sample["file"], (SAMPLES / sample["file"]).read_bytes())
            for steps in wanted:
                seed = rng.randrange(10**6)  # or what a sample was asked before would be there at once
                asked = {
                    "picture": file,
                    "class_names": sample["classes"],
                    "attack": "pgd",
                    "steps": steps,
                    "seed": seed,
                }
                status, said = await sent(http, "/attack", asked)
                answered = status == 200 and "event: complete" in said
                ran += steps if answered else 0
                wrong = odd_answer(status, said) or (
                    "" if answered or "a minute" in said else f"refused with {said[:200]}"
                )
                if wrong:
                    break
        allowed = budget * (1 + (perf_counter() - begun) / 60)
        tally.tried(f"address {number} with {wanted} steps", wrong, ran / allowed)
    return tally


PROMISES = (
    Promise(
        "calls", "A call ends in numbers or in one sentence: no 5xx, no traceback, no NaN, within a minute.",
        quick=40, full=5000, run=tried,
    ),
    Promise("budgets", "No address has more computed than its budget.", quick=4, full=150, run=budgeted),
)  # fmt: skip
