"""Pictures whose values have more than 8 bits, or are signed, as 8 bits, with a clause on how that was done."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile

from .errors import require

BITS = (8, 10, 12, 14, 16)  # that cameras, scanners and microscopes deliver; a file stores most of them in 16
DARKEST = 16  # no picture in levels of 8 bits has its brightest pixel below this, so it is in another unit
NOISE = 0.1  # of the greatest value: what lies so little below 0 is an overshoot and not a signed scale
DEEP_GREYS = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
DEEP_COLOURS = re.compile("'(RGB|RGBA|LA);16[BLN]'")  # of which Pillow keeps the upper 8 bits
# Entries of a TIFF and their values: bits of each colour, what 0 means, in which planes, what kind of number.
BITS_PER_SAMPLE, PHOTOMETRIC, PLANES, SAMPLE_FORMAT = 258, 262, 284, 339
WHITE_IS_ZERO, SEPARATE, UNSIGNED, SIGNED = 0, 2, 1, 2
OTHER_ORDER = "B" if sys.byteorder == "little" else "L"  # than this machine's


def load_deep(image: Image.Image) -> list[str]:
    """Load a picture that was opened, 16 bits a colour scaled to 8; returns what was done.

    Raises `EngineError` for a TIFF whose deep colours lie in planes of their own: Pillow takes its bytes for samples.
    """
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(BITS_PER_SAMPLE, (8,))
    apart = tags.get(PLANES) == SEPARATE and len(bits) > 1 and max(bits) > 8
    require(not apart, "Expected colours side by side; got a TIFF with 16 bits a colour in planes of their own.")
    lower = _lower_bytes(image)
    image.load()
    return [] if lower is None else [_put_deep_colours(image, lower)]


def shallow_grey(image: Image.Image, tags: Mapping) -> tuple[Image.Image, list[str]]:
    """Greys of 16 or 32 bits, of floats and of signed numbers as 8 bits, and what was done; others as they are.

    `tags` are those of a TIFF. Raises `EngineError` for values that are no numbers.
    """
    kind = tags.get(SAMPLE_FORMAT, (UNSIGNED,))[0]
    if image.mode not in DEEP_GREYS and not (image.mode == "L" and kind == SIGNED):
        return image, []
    values = np.asarray(image)
    if image.mode == "I" and tags and kind == UNSIGNED:
        values = values.view(np.uint32)  # Pillow has signed ones only
    if image.mode == "L":
        values = values.view(np.int8)
    require(bool(np.isfinite(values).all()), "Expected a picture of numbers; got one with values that are no numbers.")
    levels, note = to_8_bits(values)
    inverted = image.mode in DEEP_GREYS and tags.get(PHOTOMETRIC) == WHITE_IS_ZERO  # done by Pillow for 8 bits alone
    return Image.fromarray(255 - levels if inverted else levels), [note]


def to_8_bits(values: np.ndarray) -> tuple[np.ndarray, str]:
    """Finite `values` of any shape and type as uint8, and what was done.

    Whole numbers are scaled by the fewest of `BITS` that hold the greatest. Floats up to 1 are taken for [0, 1], those
    up to 255 for levels unless all are below `DARKEST`; whatever fits nowhere is scaled by its greatest value. With
    values clearly below 0, the range from the least to the greatest is stretched.
    """
    low, high = values.min().item(), values.max().item()
    signed, whole = low < -NOISE * abs(high), values.dtype.kind in "iu"
    if whole and not signed and (bits := bits_of(values)):
        note = f"scaled from {bits} bits to 8" if bits > 8 else "taken for 8 bits"
        return from_bits(values, bits), f"values up to {high:,} were {note}"
    values = values.astype(np.float64)
    if signed:
        note = f"values from {low:,.6g} to {high:,.6g} were stretched to 8 bits"
        return _rounded((values - low) * (255 / ((high - low) or 1))), note
    if not whole and high <= 1:
        return _rounded(values * 255), "values from 0 to 1 were scaled to 8 bits"
    if not whole and DARKEST <= high <= 255:
        return _rounded(values), "values were rounded to 8 bits"
    return _rounded(values * (255 / high)), f"values up to {high:,.6g} were scaled to 8 bits by the greatest"


def bits_of(values: np.ndarray) -> int:
    """The fewest of `BITS` that hold the greatest of these whole numbers; 0 where none do."""
    return next((bits for bits in BITS if values.max() < 2**bits), 0)


def from_bits(values: np.ndarray, bits: int) -> np.ndarray:
    """Whole numbers of so many bits as uint8; those below 0 become 0."""
    table = _rounded(np.arange(2**bits) * (255 / (2**bits - 1)))
    return table[values.clip(0)]


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.rint(values).clip(0, 255).astype(np.uint8)


def _lower_bytes(image: Image.Image) -> np.ndarray | None:
    """The lower bytes of a picture with 16 bits a colour that is not loaded yet, in the shape of its pixels.

    Pillow decodes the upper bytes only; asked for the other byte order, it decodes the lower ones.
    """
    if not isinstance(image, ImageFile) or image.fp is None:
        return None
    modes = [found[1] for tile in image.tile if (found := DEEP_COLOURS.search(repr(tile.args)))]
    if not modes:
        return None
    place = image.fp.tell()
    image.fp.seek(0)
    again = Image.open(io.BytesIO(image.fp.read()), formats=[image.format or ""])
    image.fp.seek(place)
    again.tile = [_other_order(tile) for tile in again.tile]
    again.load()
    lower = np.asarray(again)
    return lower[..., [1, 1, 1, 3]] if modes[0] == "LA" else lower


def _other_order(tile: Any) -> Any:
    """The same tile of a file, read in the other byte order; grey and alpha have none, and give all four bytes."""
    raw, *others = [tile.args] if isinstance(tile.args, str) else tile.args
    other = "RGBA" if raw.startswith("LA") else raw[:-1] + {"B": "L", "L": "B", "N": OTHER_ORDER}[raw[-1]]
    return tile._replace(args=(other, *others) if others else other)


def _put_deep_colours(image: Image.Image, lower: np.ndarray) -> str:
    """Replace the upper bytes that a picture holds by 8 bits scaled as its values ask for; says so."""
    values = np.asarray(image).astype(np.uint16) << 8 | lower
    levels, note = to_8_bits(values[..., :3])
    if values.shape[-1] == 4:  # transparency has as many bits as the colours or uses all
        alpha = values[..., 3:]
        levels = np.concatenate([levels, from_bits(alpha, max(bits_of(values[..., :3]), bits_of(alpha)))], -1)
    image.paste(Image.fromarray(levels))
    return note
