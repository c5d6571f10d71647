"""The resolved environment is consistent and not older than the versions with known holes."""

import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = {"requests": (2, 32), "urllib3": (2, 5), "idna": (3, 7)}
INSTALLED = {found.metadata["Name"].lower(): found.version for found in distributions()}


@pytest.mark.parametrize(("package", "floor"), FLOORS.items())
def test_no_older_version_than_the_floor_is_installed(package, floor):
    if package not in INSTALLED:
        return  # nothing here needs it any more, so nothing old can be reached
    assert tuple(int(part) for part in INSTALLED[package].split(".")[:2]) >= floor


def test_idna_is_among_what_gradio_brings():
    assert "idna" in INSTALLED


@pytest.mark.slow
def test_pip_check_is_clean():
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("tool", ["ruff", "pyrefly"])
def test_what_judges_the_code_is_pinned_and_installed(tool):
    (line,) = [line for line in (ROOT / "requirements-test.txt").read_text().splitlines() if line.startswith(tool)]
    assert line == f"{tool}=={INSTALLED[tool]}"
    assert f".venv/bin/{tool} check" in (ROOT / ".ci" / "run").read_text()
