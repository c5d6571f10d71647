"""The documents hold what they promise: their links lead somewhere, their commands parse, their Python runs."""

import argparse
import re
import shlex
from pathlib import Path

import pytest

from app.command import register
from engine.cli.main import parser

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
README, QUICKSTART = ROOT / "README.md", ROOT / "docs" / "quickstart.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE = re.compile(r"`((?:app|engine|tests|docs|assets)/[\w./-]*)`")


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(document: Path, language: str) -> list[str]:
    return [body for kind, body in BLOCK.findall(document.read_text(encoding="utf-8")) if kind == language]


def commands() -> list[tuple[str, str]]:
    """(document, command) for every `atpt …` and `python -m engine …` of a block of shell lines."""
    lines = [
        (named(document), line.strip())
        for document in DOCUMENTS
        for block in blocks(document, "bash")
        for line in re.split(r"\n|&&", block.replace("\\\n", " "))
    ]
    return [(document, line) for document, line in lines if line.startswith(("atpt ", "python -m engine "))]


def test_there_are_commands():
    assert len(commands()) > 15


@pytest.mark.parametrize(("document", "line"), commands())
def test_every_command_is_understood(document, line, capsys):
    words = shlex.split(line.removeprefix("python -m engine").removeprefix("atpt"))
    try:
        parser("atpt", (register,)).parse_args(words)
    except SystemExit:
        pytest.fail(f"{document}: {capsys.readouterr().err}")


def test_every_option_that_is_named_is_one():
    parsers, known = [parser("atpt", (register,))], {"--help", "--version"}
    for found in parsers:
        for action in found._actions:
            known.update(action.option_strings)
            parsers += action.choices.values() if isinstance(action, argparse._SubParsersAction) else ()
    for document in DOCUMENTS:
        if document.name != "CHANGELOG.md":  # which names what was there before
            named_options = re.findall(r"`(--[a-z][a-z-]*)[^`]*`", document.read_text(encoding="utf-8"))
            assert not set(named_options) - known, named(document)


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_links_and_paths_lead_somewhere(document):
    content = document.read_text(encoding="utf-8")
    for target in LINK.findall(content):
        path = target.partition("#")[0]
        if path and "://" not in target:
            assert (document.parent / path).exists(), f"{target} is nowhere"
    for path in FILE.findall(content):
        if document.name != "CHANGELOG.md":
            assert "NAME" in path or any(ROOT.glob(path.rstrip("/"))), f"{path} is nowhere"


@pytest.mark.parametrize("document", sorted((ROOT / "docs").glob("add-*.md")), ids=named)
def test_what_a_guide_shows_stands_in_the_file_that_it_names(document):
    file, shown = "", 0
    for part in re.split(
        r"^(```python\n.*?^```)$", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    ):
        if not part.startswith("```python"):
            file = ([file] + re.findall(r"`(engine/[\w/]+\.py)`", part))[-1]
            continue
        source, block = (ROOT / file).read_text(encoding="utf-8"), part.partition("\n")[2].removesuffix("```")
        there = {line.strip() for line in source.splitlines()}
        for piece in block.split("\n\n\n"):
            assert "..." in piece or piece in source, f"{file} has no {piece}"
            for line in piece.splitlines():
                assert "..." in line or line.strip() in there, f"{file} has no line {line!r}"
                shown += 1
    assert shown > 10


def test_the_readme_stays_short():
    content = README.read_bytes()
    assert content.count(b"\n") <= 150 and len(content) <= 9_000
    assert content.startswith(b"---\ntitle: ") and b"\nsdk: gradio\n" in content and b"\napp_file: app.py\n" in content


def test_the_readme_shows_the_python_of_the_quickstart():
    (shown,), (whole,) = blocks(README, "python"), blocks(QUICKSTART, "python")
    assert shown == whole and len([line for line in whole.splitlines() if line]) <= 15


@pytest.mark.slow
def test_the_quickstart_runs_as_it_stands(tmp_path, monkeypatch, capsys):
    (script,) = blocks(QUICKSTART, "python")
    monkeypatch.chdir(tmp_path)
    exec(compile(script, str(QUICKSTART), "exec"), {"__name__": "__main__"})
    clean, attacked, *defended = capsys.readouterr().out.splitlines()
    true = "blue and green banded bird with a white head"
    assert clean == f"clean: {true}" and true not in attacked and "strongest patch: (" in attacked
    answers = dict(line.split(": ", 1) for line in defended)
    assert list(answers) == ["clip", "view-average", "tpt", "r-tpt", "a-tpt"]
    assert [name for name, answer in answers.items() if answer.startswith(true)] == ["view-average", "r-tpt", "a-tpt"]
