"""The ledger of a golden set: one line for every stored tensor that was compared or left out."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

import torch
from torch import Tensor

from tests.golden.io import Golden


@dataclass(eq=False)
class Ledger:
    """What was compared with one precision of one golden set, a line each."""

    golden: Golden
    double: bool
    lines: list[str] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
    compared: int = 0
    beyond: int = 0

    @property
    def dtype(self) -> torch.dtype:
        """The precision of this ledger."""
        return torch.float64 if self.double else torch.float32

    def key(self, name: str) -> str:
        """The full name of a stored tensor, or an empty string where it is not stored."""
        ends = ("64/", "64/") if self.double else ("/", "/")
        keys = [f"{folder}{end}{name}" for folder, end in zip(("out", "mid"), ends, strict=True)]
        return next((key for key in keys if key in self.golden.tensors), "")

    def whole(self, name: str, count: int) -> bool:
        """Whether `name` is stored with a row for each of `count` views."""
        return len(self.golden.tensors.get(self.key(name), ())) == count

    def names(self, pattern: str) -> list[re.Match[str]]:
        """Matches of `pattern` among the names stored in this precision, folder taken off."""
        folders = ("out64/", "mid64/") if self.double else ("out/", "mid/")
        stored = [key.partition("/")[2] for key in self.golden.tensors if key.startswith(folders)]
        return [found for name in stored if (found := re.fullmatch(pattern, name))]

    def check(
        self, name: str, ours: Tensor, tolerances: tuple[float, float], skip: Tensor | None = None, note: str = ""
    ) -> Tensor:
        """Compare with the stored tensor, if any; return what the next piece is fed: stored if complete.

        `tolerances` are for float32 and float64, relative to the largest stored value; entries or rows in `skip`
        are left out.
        """
        key = self.key(name)
        if not key:
            return ours
        stored = self.golden.tensors[key]
        self.record(key, stored, ours, tolerances[self.double], skip, note)
        complete = stored.shape == ours.shape
        return stored.to(ours.dtype) if complete else ours

    def record(
        self, key: str, stored: Tensor, ours: Tensor, tolerance: float, skip: Tensor | None = None, note: str = ""
    ) -> None:
        """Write the line of one comparison; a stored tensor with fewer rows is compared with our first rows."""
        self.done.add(key)
        self.compared += 1
        error = _relative_error(stored, ours, skip)
        good = error <= tolerance
        self.beyond += not good
        mark = "ok    " if good else "BEYOND"
        ending = f"  ({note})" if note else ""
        self.lines.append(
            f"{mark} {self.golden.name:8s} {key:44s} error {error:8.1e}  tolerance {tolerance:7.0e}{ending}"
        )

    def leave(self, pattern: str, why: str) -> None:
        """Say that the stored tensors whose names match were not compared, and why."""
        for found in self.names(pattern):
            key = self.key(found.group(0))
            if key not in self.done:
                self.done.add(key)
                self.lines.append(f"left   {self.golden.name:8s} {key:44s} not compared: {why}")

    def close(self) -> None:
        """Name every stored result that nothing compared."""
        self.leave(r".*", "no piece of the engine makes this tensor")


def _relative_error(stored: Tensor, ours: Tensor, skip: Tensor | None) -> float:
    if stored.dim() and ours.dim() and stored.shape[1:] == ours.shape[1:]:
        ours, skip = ours[: len(stored)], skip if skip is None else skip[: len(stored)]
    if stored.shape != ours.shape:
        return math.inf
    wanted, got = stored.double(), ours.double()
    difference = (wanted - got).abs()
    if skip is not None:
        skip = skip.reshape(skip.shape + (1,) * (difference.dim() - skip.dim()))
        difference, wanted = difference.masked_fill(skip, 0), wanted.masked_fill(skip, 0)
    if not wanted.numel():
        return 0.0
    scale = float(wanted.abs().max()) or 1.0
    error = float(difference.max()) / scale
    return math.inf if math.isnan(error) else error
