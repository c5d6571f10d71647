"""Paintings as they may come back to the model: as they are, attacked, and either of them as JPEG."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ...models import Backbone
from ...settings import AttackSettings, Settings
from ...story.graph import Story
from ...story.recipe import Picture, Recipe
from ...story.together import attacked_together
from ..world.questions import make_question

QUALITY = 80  # of JPEG
EPSILON = 8 / 255
FORMS = ("clean", "JPEG", "attacked", "attacked, JPEG")
_BATCH = 50


def painted(backbone: Backbone, pictures: int, seed: int, steps: int) -> Iterator[dict[str, Tensor]]:
    """Pixels (b, 3, s, s) in [0, 1] of each of `FORMS`, in batches, of the first `pictures` paintings of the series
    `seed`, whose specimens no training has seen.

    Attacked is what PGD in `steps` steps of a quarter of the limit, away from the true class among forty, makes of it
    at 8/255, saved in 8 bits.
    """
    for start in range(0, pictures, _BATCH):
        yield _forms(backbone, seed, range(start, min(start + _BATCH, pictures)), steps)


def _forms(backbone: Backbone, seed: int, numbers: range, steps: int) -> dict[str, Tensor]:
    asked = [make_question(seed, number) for number in numbers]
    images = [Image.fromarray(question.painting.pixels) for question in asked]
    clean = [backbone.prepare(image) for image in images]
    recipes = [
        Recipe(Picture(pixels), question.classes, question.truth, _settings(steps, number))
        for pixels, question, number in zip(clean, asked, numbers, strict=True)
    ]
    attacked = [hit.saved for hit in attacked_together([Story(backbone, recipe) for recipe in recipes])]
    shrunk = [backbone.prepare(_as_jpeg(image)) for image in images]
    again = [backbone.prepare(_as_jpeg(Image.fromarray(_levels(picture)))) for picture in attacked]
    return dict(zip(FORMS, map(torch.stack, (clean, shrunk, attacked, again)), strict=True))


def _settings(steps: int, seed: int) -> Settings:
    return Settings(AttackSettings(epsilon=EPSILON, steps=steps, seed=seed))


def _as_jpeg(image: Image.Image) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY)
    return Image.open(file).convert("RGB")


def _levels(pixels: Tensor) -> np.ndarray:
    return (pixels.permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
