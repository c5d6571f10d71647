"""Where the lens reads the true class: on painted specimens it is known which patches show the object."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from PIL import Image
from torch import Tensor

from ..evaluation.executors import Executor
from ..evaluation.plan import picture_seed
from ..fieldguide.world.questions import make_question
from ..maps.lens import Lens
from ..models import Backbone
from ..numerics.measures import coverage
from ..settings import Settings
from ..story.graph import Story
from ..story.lens import Lenses
from ..story.recipe import Picture, Recipe
from ..story.requests import Read
from .localisation import mean_of

Shares = dict[str, dict[str, list[float]]]  # arm -> what is counted -> share of the patches, layer by layer


def readings(pictures: int, seed: int, settings: Settings, executor: Executor) -> Iterator[Shares]:
    """For every picture, in order, arm -> the shares of patches, layer by layer, that are read so.

    The arms are those of `Lenses.arms`. `object`: of the patches that lie on the specimen by at least half, those
    that are read as the true class; `around`: of all others; `answer`: of those on it, read as the answer after
    the attack; `changed`: of all, read as another class than in the clean picture.
    """
    with executor.start() as each:
        yield from each(partial(_picture_shares, seed=seed, settings=settings), range(pictures))


def _picture_shares(backbone: Backbone, index: int, seed: int, settings: Settings) -> Shares:
    question, own = make_question(seed, index), picture_seed(seed, index)
    pixels = backbone.prepare(Image.fromarray(question.painting.pixels))
    recipe = Recipe(Picture(pixels), question.classes, question.truth, settings.with_seed(own))
    return shares_of(Story(backbone, recipe).result(Read()), torch.from_numpy(question.painting.object_mask))


def shares_of(found: Lenses, mask: Tensor) -> Shares:
    """The shares of one picture whose object has the pixels `mask` (h, w)."""
    _, rows, columns = found.attacked.leads.shape
    inside = coverage(mask, (rows, columns)) >= 0.5
    changed = {name: shares.tolist() for name, shares in found.changed.items()}
    return {
        name: {
            "object": _read_as(one, found.label, inside),
            "around": _read_as(one, found.label, ~inside),
            "answer": _read_as(one, found.answer, inside),
            **({"changed": changed[name]} if name in changed else {}),
        }
        for name, one in found.arms.items()
    }


def _read_as(one: Lens, label: int, where: Tensor) -> list[float]:
    return (one.words[..., 0] == label)[:, where].float().mean(1).tolist()


def summary(collected: list[Shares]) -> dict[str, dict[str, list[list[float | None]]]]:
    """Arm -> what is counted -> after each layer the mean over pictures with its 95 % interval (normal)."""
    return {
        arm: {
            name: [mean_of([one[arm][name][layer] for one in collected]) for layer in range(len(values))]
            for name, values in counted.items()
        }
        for arm, counted in collected[0].items()
    }
