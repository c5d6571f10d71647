"""Files and folders that a person names: read or made; each failure is an `EngineError` of one sentence."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
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
    with writing(path):
        try:
            path.mkdir(parents=True, exist_ok=True)
        except ValueError as error:  # a NUL
            sentence = f"Expected a folder that can be written; {str(path)!r} is not the path of one."
            raise EngineError(sentence) from error
    return path


def writable_folder(path: Path) -> Path:
    """The same, tried by writing: raises `EngineError` as well for a folder in which no file can be made."""
    with writing(make_folder(path)), TemporaryFile(dir=path):
        return path


@contextmanager
def reading(folder: Path) -> Generator[None]:
    """Raises `EngineError` where the system refuses what is read in the folder meanwhile."""
    with _telling("read", folder):
        yield


@contextmanager
def writing(folder: Path) -> Generator[None]:
    """Raises `EngineError` where the system refuses what is written in the folder meanwhile."""
    with _telling("written", folder):
        yield


@contextmanager
def _telling(done: str, folder: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise EngineError(f"Expected a folder that can be {done}; “{folder}” cannot ({error.strerror}).") from error
