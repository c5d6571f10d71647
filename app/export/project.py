"""Which version of the project computed something, and where to get it."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

NAME = "atpt-explorer"
ROOT = Path(__file__).resolve().parents[2]
DECLARED = re.compile(r'^version = "([^"]+)"', re.MULTILINE)
SPACE = "SPACE_ID"  # where Hugging Face says which Space a page is


@dataclass(frozen=True, slots=True)
class Project:
    """Its version, the commit where it runs from a clone, and the address of its repository where that is known."""

    version: str
    commit: str
    address: str

    @property
    def name(self) -> str:
        """In a few words."""
        return f"A-TPT Explorer {self.version}" + (f" (commit {self.commit})" if self.commit else "")

    @property
    def way(self) -> tuple[str, ...]:
        """What gets it, line by line: commands, or where nobody published it a sentence."""
        if not self.address:
            return ("Ask whoever runs the page for that version; then, in its folder: pip install .",)
        checked_out = (f"git checkout {self.commit}",) if self.commit else ()
        folder = self.address.rpartition("/")[2]
        return f"git clone {self.address}", f"cd {folder}", *checked_out, "pip install ."


@cache
def project() -> Project:
    """The one that this process runs."""
    space = os.environ.get(SPACE, "")
    return Project(_version(), _commit(), f"https://huggingface.co/spaces/{space}" if space else "")


def _version() -> str:
    """As the clone declares it, else as it was installed."""
    declared = ROOT / "pyproject.toml"
    found = DECLARED.search(declared.read_text(encoding="utf-8")) if declared.is_file() else None
    if found:
        return found[1]
    try:
        return version(NAME)
    except PackageNotFoundError:
        return ""


def _commit() -> str:
    """Of the clone that this runs from; empty without one, or without git."""
    if not (ROOT / ".git").exists():
        return ""
    asked = ["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, timeout=5, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
