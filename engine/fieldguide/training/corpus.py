"""Training pictures of the built-in model: families of near neighbours, painted once and kept on disk.

Pictures come in families of eight specimens that differ from the first in one or two attributes, so that every batch
holds the confusions that label sets are made of. No held-out combination is ever painted here.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from tqdm import tqdm

from ...files import make_folder
from ..world.labels import label_set
from ..world.render import paint
from ..world.specimens import COLOURS, KINDS, PATTERNS, Specimen, is_held_out, random_specimen

FAMILY = 8
SIZE = 144  # pixels a side as painted; training crops are resized to the model's 112
ATTRIBUTES = ("kind", "colour", "pattern", "accent", "part")
NONE = len(COLOURS)  # the accent of a plain specimen
_CHUNK = 32


@dataclass(frozen=True, eq=False, slots=True)
class Corpus:
    """`pictures` (families, 8, 144, 144, 4) uint8: RGB and object mask (0 or 255); `codes` (families, 8, 5) int64."""

    pictures: np.ndarray
    codes: np.ndarray

    def __len__(self) -> int:
        return len(self.codes)


def encode(specimen: Specimen) -> tuple[int, ...]:
    """The attributes as indices into KINDS, COLOURS, PATTERNS, COLOURS (`NONE` for no accent), COLOURS."""
    colours = list(COLOURS)
    accent = NONE if specimen.accent is None else colours.index(specimen.accent)
    return (
        list(KINDS).index(specimen.kind),
        colours.index(specimen.colour),
        PATTERNS.index(specimen.pattern),
        accent,
        colours.index(specimen.part),
    )


def decode(code: np.ndarray) -> Specimen:
    """The specimen that `encode` gave `code` (5,)."""
    kind, colour, pattern, accent, part = (int(value) for value in code)
    colours = list(COLOURS)
    return Specimen(
        list(KINDS)[kind],
        colours[colour],
        PATTERNS[pattern],
        None if accent == NONE else colours[accent],
        colours[part],
    )


def family(rng: np.random.Generator) -> list[Specimen]:
    """Eight specimens that training may see: one drawn at random and seven of its near neighbours."""
    first = random_specimen(rng)
    near = [s for s in label_set(first, rng, 30) if s != first and not is_held_out(s)]
    chosen = rng.permutation(len(near))[: FAMILY - 1]
    return [first, *(near[i] for i in chosen)]


def _paint_families(indices: range, seed: int) -> tuple[np.ndarray, np.ndarray]:
    pictures = np.empty((len(indices), FAMILY, SIZE, SIZE, 4), np.uint8)
    codes = np.empty((len(indices), FAMILY, len(ATTRIBUTES)), np.int64)
    for row, index in enumerate(indices):
        rng = np.random.default_rng((seed, index))
        for column, specimen in enumerate(family(rng)):
            painting = paint(specimen, int(rng.integers(2**31)), SIZE)
            pictures[row, column, ..., :3] = painting.pixels
            pictures[row, column, ..., 3] = painting.object_mask * np.uint8(255)
            codes[row, column] = encode(specimen)
    return pictures, codes


def load_corpus(folder: Path, families: int, seed: int, workers: int) -> Corpus:
    """The corpus of `families` families in `folder`, painted there first if it is not complete.

    The same (families, seed) gives the same pictures on every machine and with any number of workers.
    """
    stem = folder / f"corpus-{families}-{seed}"
    done = stem.with_suffix(".codes.npy")
    if not done.is_file():
        make_folder(folder)
        shape = (families, FAMILY, SIZE, SIZE, 4)
        pictures = open_memmap(stem.with_suffix(".npy"), "w+", np.uint8, shape)
        codes = np.empty((families, FAMILY, len(ATTRIBUTES)), np.int64)
        chunks = [range(i, min(i + _CHUNK, families)) for i in range(0, families, _CHUNK)]
        with ProcessPoolExecutor(workers) as pool, tqdm(total=families * FAMILY, unit="pictures") as bar:
            for chunk, (painted, coded) in zip(
                chunks, pool.map(partial(_paint_families, seed=seed), chunks), strict=True
            ):
                pictures[chunk.start : chunk.stop], codes[chunk.start : chunk.stop] = painted, coded
                bar.update(len(chunk) * FAMILY)
        pictures.flush()
        np.save(done, codes)
    return Corpus(np.load(stem.with_suffix(".npy"), mmap_mode="r"), np.load(done))
