"""What `pip install .` gives: a library and the command `atpt` that work from any folder, assets included."""

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("app", "engine", "assets", "setup.py", "pyproject.toml", "requirements.txt", "LICENSE")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "screenshots", "attacked")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from a copy so that nothing is left in the clone."""
    sources, built = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("built")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, sources / name, **({"ignore": LEFT_OUT} if copy is shutil.copytree else {}))
    command = [*PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(built), str(sources)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def run(wheel, tmp_path_factory):
    """Starts a command with the installed package and not the clone, in an empty folder."""
    site, elsewhere = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("elsewhere")
    subprocess.run([*PIP, "install", "--no-deps", "--target", str(site), str(wheel)], check=True)
    shutil.copy(ROOT / "assets" / "samples" / "bird-1.png", elsewhere)
    environment = os.environ | {"PYTHONPATH": str(site), "OMP_NUM_THREADS": "1"}

    def start(*command: str) -> subprocess.Popen:
        program = [str(site / "bin" / "atpt")] if command[0] == "atpt" else [sys.executable]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([*program, *command[1:]], cwd=elsewhere, env=environment, **pipes)

    return start


def answered(process: subprocess.Popen) -> str:
    """What a command printed that ended well."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return out


def test_everything_that_git_keeps_of_the_packages_and_their_assets_is_in_the_wheel(wheel):
    inside = set(ZipFile(wheel).namelist())
    wanted = {path.relative_to(ROOT) for package in ("app", "engine") for path in (ROOT / package).rglob("*")}
    wanted = {path.as_posix() for path in wanted if path.suffix in (".py", ".js", ".css", ".svg", ".typed")}
    for folder in ("fieldguide", "labels", "samples"):
        paths = (ROOT / "assets" / folder).iterdir()
        wanted |= {f"engine/_assets/{path.relative_to(ROOT / 'assets').as_posix()}" for path in paths}
    for plan in (ROOT / "assets" / "measured").glob("*/plan.json"):
        wanted |= {f"engine/_assets/measured/{plan.parent.name}/{name}" for name in ("plan.json", "records.jsonl")}
    scores = (ROOT / "assets" / "measured" / "detection").glob("*.json")
    wanted |= {f"engine/_assets/measured/detection/{file.name}" for file in scores}
    assert {"app/static/icon.svg", "app/py.typed", "engine/py.typed"} <= wanted
    assert wanted <= inside
    assert not [name for name in inside if name.startswith("app/") and name.endswith(".pyi")]
    assert {name.split("/")[0] for name in inside if ".dist-info/" not in name} == {"app", "engine"}


def test_the_wheel_declares_the_command(wheel):
    with ZipFile(wheel) as opened:
        (entries,) = [name for name in opened.namelist() if name.endswith("entry_points.txt")]
        assert "atpt = app.command:main" in opened.read(entries).decode()


def test_the_library_finds_its_assets_and_the_command_its_samples_words_and_model_from_any_folder(run):
    """In one process, which imports torch once; that `atpt` starts the command is shown by the page below."""
    script = "import engine, app.measured as m; print(engine.ASSETS, *(e.name for e in m.load_measured()));"
    script += "import app.command as c; c.main(['fieldguide', 'words']); print();"
    script += "sys.exit(c.main(['predict', 'bird-1.png']))"
    first, rest = answered(run("python", "-c", f"import sys; {script}")).split("\n", 1)
    folder, *names = first.split()
    assert not Path(folder).is_relative_to(ROOT) and names == ["every-defence", "every-attack", "collapse"]
    words, told = rest.split("\n\n", 1)
    assert "butterfly" in words.splitlines()
    assert "truth: blue and green banded bird with a white head" in told and "fieldguide" in told


def test_the_command_serves_the_page(run):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with run("atpt", "app", "--port", str(port)) as page:
        try:
            assert any("ready" in line for line in page.stdout), page.stderr.read()
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as answer:
                assert b"svg+xml" in answer.read()
        finally:
            page.terminate()
