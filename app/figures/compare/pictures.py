"""The pictures of both sides, and what an attack changed of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from app.figures.compare.sides import Side, Sides, beside
from app.figures.html import esc, section
from app.figures.maps import data_uri
from app.figures.pictures import change_of, gain_for, to_uint8
from app.present import present
from app.text import compare as text
from app.text import words

JPEG = {"kind": "JPEG", "quality": 88}  # for looking; files are downloaded elsewhere


def seen(sides: Sides) -> str:
    """What the model sees of two pictures; empty where both sides have the same, which stands on the page anyway."""
    pixels = [present(side.found.picture).pixels for side in sides]
    if len(sides) < 2 or torch.equal(pixels[0], pixels[1]):
        return ""
    return section(text.COMPARE_PICTURES, _row(sides, lambda side: to_uint8(present(side.found.picture).pixels)))


def attacked(sides: Sides) -> str:
    """Attacked pictures, and all that was changed of them under one gain; without a clean picture, no change."""
    results = [present(side.found.adversarial) for side in sides]
    if len(sides) < 2:
        return ""
    drawn = section(words.MAP_ATTACKED, _row(sides, lambda side: to_uint8(present(side.found.adversarial).saved)))
    if any(result.clean is None for result in results):
        return drawn
    gain = min(map(gain_for, results))
    changes = _row(sides, lambda side: change_of(present(side.found.adversarial), gain))
    return beside([drawn, section(text.COMPARE_CHANGES, changes, text.COMPARE_GAIN.format(gain=f"{gain:g}"))])


def _row(sides: Sides, draw: Callable[[Side], np.ndarray]) -> str:
    figures = "".join(
        f'<figure class="plain"><figcaption>{esc(side.name)}</figcaption>'
        f'<img src="{data_uri(draw(side), **JPEG)}" alt="{esc(side.name)}"></figure>'
        for side in sides
    )
    return f'<div class="both">{figures}</div>'
