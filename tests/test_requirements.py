"""The resolved environment is consistent, not older than versions with known holes, and as the documents say."""

import re
import subprocess
import sys
from importlib.metadata import distributions, metadata, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
FLOORS = {"requests": (2, 32), "urllib3": (2, 5), "idna": (3, 7)}
FILES = [ROOT / f"requirements{kind}.txt" for kind in ("", "-ray", "-test")]
PROPER = {"Apache-2.0": "Apache", "PSF": "Python Software Foundation"}  # as packages name them, each in its way
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


def asked_for(files) -> dict[str, Requirement]:
    """What these files ask for, by name."""
    lines = [line for file in files for line in file.read_text().splitlines() if line and not line.startswith("-r")]
    return {canonicalize_name(one.name): one for one in map(Requirement, lines)}


def test_constraints_pin_all_that_is_asked_for_within_what_is_asked():
    pinned = asked_for([ROOT / ".ci" / "constraints.txt"])
    for name, wanted in asked_for(FILES).items():
        (version,) = pinned[name].specifier
        assert version.operator == "==" and wanted.specifier.contains(version.version), name


def test_licences_are_listed_as_the_packages_say():
    page = (ROOT / "docs" / "dependencies.md").read_text()
    listed = dict(re.findall(r"^\| ([\w-]+)(?: \(.*?\))? \| ([^|]+) \|", page, re.MULTILINE))
    listed.pop("package")
    assert {canonicalize_name(name) for name in listed} == set(asked_for(FILES[:2]))
    pinned = asked_for([ROOT / ".ci" / "constraints.txt"])
    for name, licences in listed.items():
        (passed,) = pinned[canonicalize_name(name)].specifier
        if Version(version(name)) < Version(passed.version):
            continue  # the page is about what all tests have passed with
        told = metadata(name)
        said = " ".join([told.get("License-Expression", ""), told.get("License", ""), *told.get_all("Classifier", [])])
        for licence in licences.split(", "):
            assert PROPER.get(licence, licence).lower() in said.lower(), (name, licence)
