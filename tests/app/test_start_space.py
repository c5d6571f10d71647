"""What a hosted Space needs: `app.py` starts with its variables and no network, and the repository fits its rules."""

import ast
import re
import shlex
import socket
import subprocess
import urllib.request
from pathlib import Path

import pytest
from huggingface_hub.utils import filter_repo_objects
from packaging.requirements import Requirement

from engine.models.catalogue import RECOMMENDED
from engine.models.hub import CONFIG, WEIGHTS
from tests.benchmarks.page_ready import started

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ZERO_TORCH, ZERO_PYTHON = ("2.8.0", "2.9.1", "2.10.0", "2.11.0"), ("3.10", "3.12")  # on ZeroGPU, August 2026
LARGEST = 10 << 20  # bytes of a file that the hub takes by plain git
ALONE = """
import socket
connect, find = socket.socket.connect, socket.getaddrinfo
def check(host):
    if host not in (None, "", "localhost", "0.0.0.0", "::1") and not str(host).startswith("127."):
        raise OSError(f"no network: {host}")
socket.socket.connect = lambda self, to: (isinstance(to, tuple) and check(to[0]), connect(self, to))[1]
socket.getaddrinfo = lambda host, *rest, **more: (check(host), find(host, *rest, **more))[1]
"""


def head() -> dict[str, str]:
    """The settings at the head of README.md, as text; a list below its name has lines joined by commas."""
    lines = README.split("---\n")[1].replace("\n  - ", " - ").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def tracked() -> list[str]:
    return subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")[
        :-1
    ]


def requirement(name: str) -> Requirement:
    lines = map(Requirement, (ROOT / "requirements.txt").read_text().splitlines())
    return next(one for one in lines if one.name == name)


@pytest.mark.slow
def test_the_page_starts_with_a_spaces_variables_and_no_network(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(ALONE)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    space = {"SPACE_ID": "someone/space", "SPACE_HOST": "someone-space.hf.space", "SPACE_AUTHOR_NAME": "someone"}
    space |= {"SYSTEM": "spaces", "GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SSR_MODE": "True", "GRADIO_NUM_PORTS": "1"}
    space |= {"GRADIO_SERVER_PORT": str(port), "HF_HOME": str(tmp_path), "PYTHONPATH": str(tmp_path)}
    with started("--cold", **space), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
        assert page.status == 200 and b"A-TPT" in page.read()


def test_the_versions_are_those_that_a_space_has():
    settings = head()
    assert requirement("gradio").specifier.contains(settings["sdk_version"])
    assert ast.literal_eval(settings["python_version"]) in ZERO_PYTHON
    assert all(requirement("torch").specifier.contains(version) for version in ZERO_TORCH)
    assert not requirement("torchvision").specifier


def test_what_is_loaded_ahead_is_what_the_model_is_loaded_from():
    repo, files = head()["preload_from_hub"].lstrip("- ").split()
    assert RECOMMENDED[0] == f"hf-hub:{repo}"  # with which the page then opens
    assert files.split(",") == [CONFIG, WEIGHTS[0]] and head()["models"] == f"[{repo}]"
    assert len(head()["short_description"]) <= 60


def test_the_command_uploads_what_the_page_needs_and_nothing_else():
    (line,) = re.findall(r"^hf upload .*$", README, re.MULTILINE)
    words = shlex.split(line)
    excluded = [words[place + 1] for place, word in enumerate(words) if word == "--exclude"]
    beside = [".git/config", ".git/hooks/pre-commit", ".venv/bin/python", "build/lib/app/api.py"]
    beside += ["app/__pycache__/api.cpython-312.pyc", ".pytest_cache/README.md", ".ruff_cache/a/b", "tests/fixtures.py"]
    found = set(filter_repo_objects([*tracked(), *beside], ignore_patterns=excluded))
    assert found == {path for path in tracked() if not path.startswith("tests/")}
    assert words[:6] == ["hf", "upload", "USER/SPACE", ".", ".", "--repo-type"] and words[-2:] == ["--delete", "*"]


def test_what_the_hub_refuses_by_plain_git_goes_through_lfs():
    rules = [line.split()[0] for line in (ROOT / ".gitattributes").read_text().splitlines() if "filter=lfs" in line]
    for path in tracked():
        content = (ROOT / path).read_bytes()
        refused = len(content) > LARGEST or b"\0" in content[:8000]
        assert refused == any(path.endswith(rule.lstrip("*")) for rule in rules), path
