"""Names, sentences, links and files that would be markup, code, paths or lines of a log where they are taken at their
word."""

from __future__ import annotations

import ast
import asyncio
import io
import json
import random
import re
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from app.labels import load_label_sets
from engine import EngineError
from tests.trust.guest import Guest
from tests.trust.mutations import encoded, picture
from tests.trust.place import Place, open_model, place
from tests.trust.promise import Promise, Tally

PROBE = "trustprobe"
PATIENCE = 90.0  # seconds for one visit
PAYLOADS = (
    f'<{PROBE} onload="1">', f'"{PROBE}="1', f"'{PROBE}='1", f"</script><{PROBE}>", f"<img src=x onerror={PROBE}>",
    f"${{{PROBE}}}", f"{{{{{PROBE}}}}}", f"`{PROBE}`", f"</textarea><{PROBE}>", f"--><{PROBE}>",
    f"$(touch {PROBE})", f"'; touch {PROBE}; '", f"'); {PROBE}(); ('", f'"""); {PROBE}() #', f"../../{PROBE}",
    f"**{PROBE}** [a](javascript:{PROBE})", f"%0a{PROBE}", f"\u2028{PROBE}", f"\\n{PROBE}", f"{PROBE}\x1b[31m",
)  # fmt: skip
RAW = re.compile(rf"<{PROBE}|<img src=x|\"{PROBE}=|'{PROBE}=|</script><|\$\{{{PROBE}|\{{\{{{PROBE}|`{PROBE}`")
IN_LINKS = (
    "picture", "model", "labels", "template", "class_names", "true_class", "attack", "eps", "target", "written",
    "domain_word", "only_cells", "step", "shown", "pin.picture", "pin.model", "pin.eps", "mosaic_left", "defences",
)  # fmt: skip
OUTSIDE = ("/etc/passwd", "../../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/etc/passwd", "//etc/passwd")
PASSWD = "root:x:0"
SAFE = re.compile(r"a-tpt-explorer/[\w.()\[\] /-]+")


def tried(count: int, rng: random.Random) -> Tally:
    """Tell so many stories whose every word is hostile."""
    tally, stories = Tally(), 0
    with TemporaryDirectory(prefix="trust-injection-") as folder:
        model = open_model(Path(folder) / f'm <{PROBE}> "{PROBE}=')
        with place("--model", model) as here:
            for number in range(count):
                chosen = rng.sample(PAYLOADS, 5)
                whole = False
                try:
                    wrong, whole = asyncio.run(asyncio.wait_for(_story(here, chosen, rng, number), PATIENCE))
                except (TimeoutError, LookupError) as error:
                    wrong = f"{type(error).__name__}: {error}"
                stories += whole
                if not wrong and PROBE in here.said:
                    wrong = f"the log says {here.said[-300:]!r}"
                tally.tried(f"visit {number} with {chosen}", wrong)
        tally.tried("stories that ran to their end", "" if stories else "none of them, so no download was tried")
        for payload in PAYLOADS:
            tally.tried(f"a label set of {payload}", _label_set(Path(folder), payload))
    return tally


async def _story(here: Place, chosen: list[str], rng: random.Random, number: int) -> tuple[str, bool]:
    """What is wrong with what a visitor was sent, empty where nothing is, and whether the story ran to its end."""
    name, template, *classes = chosen
    guest = Guest(here.url, 1 + number % 190, {rng.choice(IN_LINKS): rng.choice(chosen) for _ in range(3)})
    await guest.open()
    await guest.hand_over(f"{name}.png", encoded(picture(number), "PNG"))
    for elem_id, value in {"views": 4, "attack-steps": 2, "defences": ["clip", "a-tpt"]}.items():
        guest.put(elem_id, value)
    guest.put("class-names", "\n".join(f"{one.strip()} {place}" for place, one in enumerate(classes)))
    guest.put("domain-word", rng.choice(chosen)[:40])
    if rng.random() < 0.5:  # a template with more braces is refused, and shown all the same
        guest.put("template", f"a {template} of a {{}}.")
    before = len(guest.heard)
    await guest.trigger("run-story")
    await guest.rests()
    whole = any("The whole story " in said for _, said in guest.heard[before:])
    wrong = _unescaped(guest) or (_in_archive(await guest.taken()) if whole else "")
    for path in rng.sample(OUTSIDE, 2):
        for address in (f"gradio_api/file={path}", f"gradio_api/file={quote(str(here.folder), safe='/')}/../{path}"):
            answer = await guest.http.get(address)
            if answer.status_code == 200 or PASSWD in answer.text:
                wrong = wrong or f"{address} gives {answer.text[:60]!r}"
    if PASSWD in guest.everything:
        wrong = "a file of the server's was sent"
    await guest.leave()
    return wrong, whole


def _unescaped(guest: Guest) -> str:
    found = next((found for said in guest.markup if (found := RAW.search(said))), None)
    return "" if found is None else f"unescaped: {found.string[max(0, found.start() - 60) : found.end() + 40]!r}"


def _in_archive(content: bytes) -> str:
    """What is wrong with a download: names that lead elsewhere, code that is not ours."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    for name, inside in held.items():
        if not SAFE.fullmatch(name) or ".." in name:
            return f"the name {name!r} in the ZIP"
        if name.endswith(".svg") and any(PROBE in node.tag for node in ET.fromstring(inside).iter()):
            return f"an element of {name}"
        if name.endswith(".py") and calls_probe(inside.decode()):
            return f"code in {name}"
        if name.endswith(".ipynb"):
            cells = [cell for cell in json.loads(inside)["cells"] if cell["cell_type"] == "code"]
            if any(calls_probe("".join(cell["source"])) for cell in cells):
                return f"code in {name}"
        if name.endswith(".sh") and touches(inside):
            return f"code in {name}"
    return ""


def calls_probe(code: str) -> bool:
    """Whether the names of a script have become code of it."""
    names = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name))
    return any(node.id == PROBE for node in names)


def touches(script: bytes) -> bool:
    """Whether a script does more than call Python."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "python").write_text("#!/bin/sh\nexit 0\n")
        (Path(folder) / "python").chmod(0o755)
        path = {"PATH": f"{folder}:/bin:/usr/bin"}
        subprocess.run(["bash", "-s"], input=script, cwd=folder, env=path, capture_output=True, timeout=20, check=False)
        return (Path(folder) / PROBE).exists()


def _label_set(folder: Path, payload: str) -> str:
    """What is wrong with how a file of names is read; it is refused, or its words are kept as they are."""
    line = " ".join(payload.split())
    path = folder / "set.txt"
    path.write_text(f"# title: {line}\n# source: {line}\n# prompt: a photo of a {{}}.\n{line} a\n{line} b\n", "utf-8")
    try:
        (found,) = load_label_sets(folder)
    except EngineError as error:
        return "" if "\n" not in str(error) else f"several lines: {error}"
    return "" if found.names == (f"{line} a", f"{line} b") else f"{found.names}"


PROMISES = (
    Promise(
        "injection", "No word from outside becomes markup, code, a path or a line of the log.",
        quick=6, full=1500, run=tried,
    ),
)  # fmt: skip
