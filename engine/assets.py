"""Where the files lie that come with the package: the built-in model, sample pictures, class lists, measurements."""

from __future__ import annotations

from pathlib import Path

_INSTALLED = Path(__file__).resolve().parent / "_assets"  # where `pip install` puts them, see setup.py
_CLONE = Path(__file__).resolve().parents[1] / "assets"

ASSETS = _INSTALLED if _INSTALLED.is_dir() else _CLONE
