"""A specimen of the Field Guide, painted on demand, with the question that goes with it.

OpenCV, which paints, is loaded by the first specimen, so that a server without its system library can do the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ...classes import Classes
from ...errors import EngineError
from . import Specimen

if TYPE_CHECKING:
    from .questions import PaintedQuestion


@dataclass(frozen=True, eq=False, slots=True)
class Painted:
    """A painting of 448 x 448 pixels, forty classes of its kind, the index of the true one, and where things are.

    `mask` is grey: 255 the specimen, 128 its telling part, 0 the backdrop.
    """

    image: Image.Image
    classes: Classes
    label: int
    mask: Image.Image


def paint_specimen(specimen: Specimen, number: int) -> Painted:
    """The specimen in a scene of its own; `number` >= 0 decides the scene and the other candidates.

    Raises `EngineError` where OpenCV's system library is missing.
    """
    return _painted(_questions().ask_about(specimen, np.random.default_rng(number)))


def paint_numbered(series: int, number: int) -> Painted:
    """Specimen `number` of the series `series`, both >= 0, as `FieldGuideSeries` asks about it.

    Raises `EngineError` where OpenCV's system library is missing.
    """
    return _painted(_questions().make_question(series, number))


def _questions() -> ModuleType:
    try:
        from . import questions
    except ImportError as error:
        raise EngineError(
            "Painting needs OpenCV's system library, which this server lacks (Debian calls it libgl1)."
        ) from error
    return questions


def _painted(question: PaintedQuestion) -> Painted:
    picture, mask = (Image.fromarray(pixels) for pixels in (question.painting.pixels, question.painting.labelled()))
    return Painted(picture, question.classes, question.truth, mask)
