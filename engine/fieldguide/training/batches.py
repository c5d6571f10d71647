"""Training batches: crops and mixes of painted families, and the captions that go with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from ...classes import in_template
from ...views.augmix import mix
from ..world.captions import TEMPLATES, Description, describe, random_description
from ..world.specimens import Specimen
from .clip import CONFIG
from .corpus import ATTRIBUTES, FAMILY, Corpus, decode, encode

SILENT = -1  # an attribute that a caption does not mention
_SIDE = CONFIG["vision_cfg"]["image_size"]
_MIXED = 0.25  # share of pictures that get an AugMix mixture


@dataclass(frozen=True, eq=False, slots=True)
class Batch:
    """`pixels` (b, 3, s, s) in [0, 1], `masks` (b, s, s) the object as 0 or 1, `codes` (b, 5) the attributes, two
    captions a picture (a complete one and a partial one), and `mentioned` (b, 5): the attributes that the partial one
    names, else `SILENT`."""

    pixels: Tensor
    masks: Tensor
    codes: Tensor
    complete: list[str]
    partial: list[str]
    mentioned: Tensor


def batches(corpus: Corpus, size: int, seed: int, start: int, whole: float, smallest_crop: float) -> Iterator[Batch]:
    """Endless batches of `size` pictures (whole families), a share `whole` of them uncropped, the others cropped to
    `smallest_crop` ... 1 of their area. Batch `i` depends on `seed` and `i` only, so that training resumed at `start`
    sees what undisturbed training would have seen."""
    families = size // FAMILY
    per_pass = len(corpus) // families
    index = start
    while True:
        turn, place = divmod(index, per_pass)
        order = np.random.default_rng((seed, 1, turn)).permutation(len(corpus))
        chosen = np.sort(order[place * families : (place + 1) * families])
        yield _assemble(corpus, chosen, np.random.default_rng((seed, 2, index)), whole, smallest_crop)
        index += 1


def _assemble(
    corpus: Corpus, chosen: np.ndarray, rng: np.random.Generator, whole: float, smallest_crop: float
) -> Batch:
    painted = corpus.pictures[chosen].reshape(-1, *corpus.pictures.shape[2:])
    codes = corpus.codes[chosen].reshape(-1, len(ATTRIBUTES))
    views = [_view(picture, rng, whole, smallest_crop) for picture in painted]
    specimens = [decode(code) for code in codes]
    descriptions = [random_description(specimen, rng) for specimen in specimens]
    return Batch(
        torch.from_numpy(np.stack([view[0] for view in views])).permute(0, 3, 1, 2).contiguous(),
        torch.from_numpy(np.stack([view[1] for view in views])),
        torch.from_numpy(codes),
        [_caption(describe(specimen, 3), rng) for specimen in specimens],
        [_caption(description, rng) for description in descriptions],
        torch.tensor([_mentioned(d, s) for d, s in zip(descriptions, specimens, strict=True)]),
    )


def _view(
    picture: np.ndarray, rng: np.random.Generator, whole: float, smallest_crop: float
) -> tuple[np.ndarray, np.ndarray]:
    """Crop, perhaps mirror and perhaps mix one painted picture: pixels (s, s, 3) float32 and mask (s, s) float32."""
    if rng.random() >= whole:
        picture = _cropped(picture, rng, smallest_crop)
    shrinks = picture.shape[0] > _SIDE and picture.shape[1] > _SIDE
    resized = cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    if rng.random() < 0.5:
        resized = resized[:, ::-1]
    base = np.ascontiguousarray(resized[..., :3])
    pixels = base.astype(np.float32) / 255
    if rng.random() < _MIXED:
        share = np.float32(rng.beta(1, 1))
        pixels = share * pixels + (1 - share) * mix(base, rng)
    return pixels, resized[..., 3].astype(np.float32) / 255


def _cropped(picture: np.ndarray, rng: np.random.Generator, smallest: float) -> np.ndarray:
    side, area, ratio = picture.shape[0], rng.uniform(smallest, 1), np.exp(rng.uniform(-0.2, 0.2))
    height, width = min(side, round(side * np.sqrt(area / ratio))), min(side, round(side * np.sqrt(area * ratio)))
    top, left = rng.integers(side - height + 1), rng.integers(side - width + 1)
    return picture[top : top + height, left : left + width]


def _caption(description: Description, rng: np.random.Generator) -> str:
    template = TEMPLATES[0 if rng.random() < 0.4 else int(rng.integers(len(TEMPLATES)))]
    return in_template(template, description.phrase())


def _mentioned(description: Description, specimen: Specimen) -> tuple[int, ...]:
    """The attributes that `description` mentions, as `encode` counts them; "plain" also says: no accent."""
    code = encode(specimen)
    spoken = [getattr(description, name) is not None for name in ATTRIBUTES]
    if description.pattern == "plain":
        spoken[ATTRIBUTES.index("accent")] = True
    return tuple(value if there else SILENT for value, there in zip(code, spoken, strict=True))
