"""The resolved environment is consistent and not older than the versions with known holes."""

import subprocess
import sys
from importlib.metadata import distributions

import pytest

FLOORS = {"requests": (2, 32), "urllib3": (2, 5), "idna": (3, 7)}
INSTALLED = {found.metadata["Name"].lower(): found.version for found in distributions()}


@pytest.mark.parametrize(("package", "floor"), FLOORS.items())
def test_no_older_version_than_the_floor_is_installed(package, floor):
    if package not in INSTALLED:
        return  # nothing here needs it any more, so nothing old can be reached
    assert tuple(int(part) for part in INSTALLED[package].split(".")[:2]) >= floor


def test_idna_is_among_what_gradio_brings():
    assert "idna" in INSTALLED


def test_pip_check_is_clean():
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
