"""Files and folders that a person names: read or made; each failure is an `EngineError` of one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .errors import EngineError


def read_text(path: Path, what: str) -> str:
    """The text of a file in UTF-8, with or without a mark in front; `what` says what was expected of it.

    Raises `EngineError` for a file that cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise EngineError(f"Expected {what}; “{path}” cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise EngineError(f"Expected {what} in UTF-8; “{path}” is not one.") from error
    except ValueError as error:  # a NUL
        raise EngineError(f"Expected {what}; {str(path)!r} is not the path of a file.") from error


def read_lines(path: Path, what: str) -> list[str]:
    """The lines of such a file that are not blank, without blanks around them."""
    return [line.strip() for line in read_text(path, what).splitlines() if line.strip()]


def read_json(path: Path, what: str) -> Any:
    """What such a file holds as JSON; raises `EngineError` as well for one that is not JSON."""
    text = read_text(path, what)
    try:
        return json.loads(text)
    except ValueError as error:
        raise EngineError(f"Expected {what}; “{path}” is not JSON.") from error


def make_folder(path: Path) -> Path:
    """The folder, made where it is missing; raises `EngineError` where it cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(f"Expected a folder that can be written; “{path}” cannot ({error.strerror}).") from error
    except ValueError as error:  # a NUL
        raise EngineError(f"Expected a folder that can be written; {str(path)!r} is not the path of one.") from error
    return path
