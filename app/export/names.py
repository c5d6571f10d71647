"""Names of files that every system takes."""

from __future__ import annotations

import re

from app.text import export as text

MOST_BYTES = 120


def stem(file: str) -> str:
    """A file's name without its ending, as `plain` leaves it."""
    return plain(file.rpartition(".")[0] or file)


def plain(name: str) -> str:
    """The name without what some system refuses in one, cut where it is long."""
    kept = re.sub(r"[^\w.()\[\] -]+", "-", name).strip(" .-").encode()[:MOST_BYTES].decode(errors="ignore")
    return kept or text.SAVE_UNNAMED
