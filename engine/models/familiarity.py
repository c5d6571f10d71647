"""Whether a picture is like those that a model was trained on: a linear score of what its blocks make of it.

It is read beside the answer and never by it: attacks, defences and evaluations know nothing of it.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..errors import EngineError, require
from ..results import Familiarity
from .blocks import passed
from .precision import at_least_single
from .towers import Block

FILE = "familiarity.npz"  # in a model's folder; `fieldguide familiarity --fit` writes it


@dataclass(frozen=True, eq=False, slots=True)
class FamiliarityMeasure:
    """`weights` (blocks, 3, width) of what `summaries` returns, added up with `bias`; up to `threshold` a picture is
    taken for one of those that the model was trained on."""

    weights: Tensor
    bias: float
    threshold: float

    def scores(self, summarised: Tensor) -> Tensor:
        """Of summaries (..., blocks, 3, width) the log-odds (...) that the picture is another."""
        return (summarised * self.weights).sum((-3, -2, -1)) + self.bias

    def of(self, summarised: Tensor) -> Familiarity:
        """The familiarity of the picture of summaries (blocks, 3, width)."""
        return Familiarity(float(self.scores(summarised)), self.threshold)


def summaries(blocks: Iterable[Block], tokens: Tensor) -> Tensor:
    """What each block leaves of tokens (b, 1 + patches, width), (b, blocks, 3, width): the class token, and mean and
    standard deviation of the patches."""
    left = []
    for block in blocks:
        tokens = passed(block, tokens)
        patches = at_least_single(tokens[:, 1:])
        left.append(torch.stack([at_least_single(tokens[:, 0]), patches.mean(1), patches.std(1)], 1))
    return torch.stack(left, 1)


def read_measure(folder: Path, blocks: int, width: int) -> FamiliarityMeasure | None:
    """That of a model folder; None where it has none. Raises `EngineError` for one of another shape."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as held:
            weights, bias, threshold = (held[name].astype(np.float32) for name in ("weights", "bias", "threshold"))
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise EngineError(f"Expected weights, bias and threshold in “{path}”; they cannot be read.") from error
    shape = (blocks, 3, width)
    require(weights.shape == shape, f"Expected weights of shape {shape} in “{path}”; got {weights.shape}.")
    return FamiliarityMeasure(torch.from_numpy(weights), float(bias), float(threshold))


def write_measure(measure: FamiliarityMeasure, folder: Path) -> None:
    """Write it into a model folder, weights in half precision."""
    weights = measure.weights.numpy().astype(np.float16)
    np.savez(folder / FILE, weights=weights, bias=np.float32(measure.bias), threshold=np.float32(measure.threshold))
