"""What is there because of something else that is: a session holds nothing without what it follows from."""

from __future__ import annotations

from typing import TypeVar

Found = TypeVar("Found")


def present(value: Found | None) -> Found:
    """`value`, which is not None. Raises `LookupError` where it is: then something stands without its ground."""
    if value is None:
        raise LookupError("Expected what the shown results follow from; it is not there.")
    return value
