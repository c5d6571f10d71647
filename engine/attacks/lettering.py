"""Words as letters on a picture: the font that comes with matplotlib, drawn by Pillow. Imports no torch at its top."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import EngineError, require

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont
    from torch import Tensor

    from ..settings import AttackSettings

FONT = "DejaVuSans-Bold.ttf"
COLOURS = {  # red, green and blue in [0, 1]
    "white": (1, 1, 1), "black": (0, 0, 0), "red": (1, 0, 0), "yellow": (1, 1, 0), "green": (0, 1, 0),
    "cyan": (0, 1, 1), "blue": (0, 0, 1), "magenta": (1, 0, 1),
}  # fmt: skip
MARGIN = 0.04  # of the side that is left free to the right and left, where the words fit
SHRINK = 0.94  # letters get smaller by this factor until they fit
HIGH = 0.4  # of the side that several lines may take
MISSING = "\uffff"  # no font has it, so it is drawn as what is missing
LIGHT = 0.5  # above, a colour is outlined in black


@dataclass(frozen=True, eq=False, slots=True)
class Lettering:
    """Words as they lie on a picture: the share of each pixel (h, w) in [0, 1] that `letters` cover, and that letters
    and their `outline` cover together.
    """

    letters: Tensor
    outline: Tensor

    def on(self, picture: Tensor, settings: AttackSettings, x: float, y: float) -> Tensor:
        """The picture (3, s, s) with the words centred at `x`, `y`, shares of its side, or as near as they lie inside.

        Pixels that no letter touches keep their bits.
        """
        import torch

        side, (height, width) = picture.shape[-1], self.letters.shape
        top, left = _begin(y * side, height, side), _begin(x * side, width, side)
        colour = COLOURS[settings.text_colour]
        inside, around = (torch.tensor(one).to(picture)[:, None, None] for one in (colour, _against(colour)))
        letters, outline = (part.to(picture) for part in (self.letters, self.outline))
        ink = around + (inside - around) * letters if settings.text_outline else inside
        cover, written = outline * settings.text_opacity, picture.clone()
        place = written[:, top : top + height, left : left + width]
        written[:, top : top + height, left : left + width] = torch.where(
            cover > 0, place * (1 - cover) + ink * cover, place
        )
        return written


def lettering(words: str, side: int, settings: AttackSettings) -> Lettering:
    """The words in the size, outline and rotation of the settings, on as many lines as they need, and smaller where
    they do not fit on a picture of `side` pixels. Raises `EngineError` for letters that the font does not have.
    """
    from PIL import Image

    size = settings.text_size * side
    while True:
        font = _font(size)
        lines = _lines(words, font, side * (1 - 2 * MARGIN))
        if len(lines) > 1 and len(lines) * sum(font.getmetrics()) > HIGH * side and size > 1:
            size *= SHRINK
            continue
        drawn = _drawn(lines, font, settings.text_outline * size)
        if settings.text_rotation:
            turned = Image.Resampling.BICUBIC
            drawn = [part.rotate(settings.text_rotation, turned, expand=True) for part in drawn]
        box = drawn[1].getbbox() or (0, 0, 1, 1)
        if max(box[2] - box[0], box[3] - box[1]) <= side or size < 1:
            return Lettering(*(_shares(part.crop(box))[:side, :side] for part in drawn))
        size *= SHRINK


def check_letters(words: str) -> None:
    """Raise `EngineError` for words with letters that the font does not have."""
    font = _font(16)
    missing = _drawn([MISSING], font, 0)[0].tobytes()
    odd = sorted({one for one in words if not one.isspace() and _drawn([one], font, 0)[0].tobytes() == missing})
    require(not odd, f"Expected words in letters that the font has (DejaVu Sans); it lacks “{''.join(odd):.20}”.")


def _begin(centre: float, length: int, side: int) -> int:
    """Where a stretch of this length begins whose middle is as near to `centre` as it lies inside."""
    return min(max(round(centre - length / 2), 0), side - length)


def _against(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    red, green, blue = colour
    return (0, 0, 0) if 0.3 * red + 0.59 * green + 0.11 * blue > LIGHT else (1, 1, 1)


def _lines(words: str, font: FreeTypeFont, most: float) -> list[str]:
    """The words broken between two of them wherever a line would be longer than `most` pixels."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= most:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _drawn(lines: Sequence[str], font: FreeTypeFont, stroke: float) -> list[Image]:
    """The letters alone, and with their outline, in the same place on black; lines are centred."""
    from PIL import Image, ImageDraw

    free, height = math.ceil(stroke) + 2, sum(font.getmetrics())
    across = math.ceil(max(font.getlength(line) for line in lines)) + 4 * free  # letters may lean out of their length
    drawn = []
    for width in (0, stroke):
        part = Image.new("L", (across, height * len(lines) + 2 * free))
        pen = ImageDraw.Draw(part)
        for number, line in enumerate(lines):
            pen.text((across / 2, free + height * number), line, 255, font, anchor="ma", stroke_width=width)
        drawn.append(part)
    return drawn


def _shares(part: Image) -> Tensor:
    import numpy as np
    import torch

    return torch.from_numpy(np.asarray(part, np.float32) / 255)


def _font(size: float) -> FreeTypeFont:
    """Anew each time: one font in two threads is not safe."""
    from PIL import ImageFont

    return ImageFont.truetype(str(_file()), max(size, 1), layout_engine=ImageFont.Layout.BASIC)


@cache
def _file() -> Path:
    """The font where matplotlib lies installed, without importing it."""
    found = importlib.util.find_spec("matplotlib")
    for folder in found.submodule_search_locations or () if found else ():
        path = Path(folder) / "mpl-data" / "fonts" / "ttf" / FONT
        if path.is_file():
            return path
    raise EngineError(f"Expected the font {FONT} that matplotlib brings; it is not installed here.")
