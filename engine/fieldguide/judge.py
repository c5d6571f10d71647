"""Maps held against the truth: on painted specimens it is known where the object and its telling part are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..attacks import attack
from ..attention import attend
from ..backbone import BUILT_IN, Backbone
from ..baselines import edges, random_map
from ..evaluation.plan import Plan
from ..evaluation.summary import wilson
from ..evaluation.workers import Processes
from ..measures import energy_inside, pointing_hit
from ..settings import AttackSettings, AttentionSettings, Settings
from .specimens import KINDS
from .trial import Trial, make_trial

RANDOM, EDGES = "random", "edges"  # what a map must beat
ARMS = ("clean", "attacked")


@dataclass(frozen=True, slots=True)
class Judged:
    """One map of one picture: does its peak lie on the object and on the telling part, and how much of it does?"""

    hit: bool
    part_hit: bool
    inside: float
    part_inside: float
    degenerate: bool


def judge(
    pictures: int, seed: int, maps: tuple[str, ...], settings: AttackSettings, model: str = BUILT_IN, workers: int = 2
) -> Iterator[dict[str, dict[str, Judged]]]:
    """For every picture arm -> map -> `Judged`, in order; maps are asked about the true class in both arms.

    Beside `maps` stand two that know nothing of the model: noise, and the picture's edges.
    """
    work = partial(_judge, seed=seed, maps=maps, settings=settings)
    with Processes(model, count=workers).at_work() as each:
        yield from each(work, range(pictures))


def _judge(
    backbone: Backbone, index: int, seed: int, maps: tuple[str, ...], settings: AttackSettings
) -> dict[str, dict[str, Judged]]:
    trial = make_trial(seed, index)
    pixels = backbone.prepare(Image.fromarray(trial.painting.pixels))
    settings = replace(settings, seed=Plan(Settings(), (settings,), seed).seed_for(index))
    *_, adversarial = attack(backbone, pixels, trial.classes, settings, trial.truth)
    told = {}
    for arm, picture in zip(ARMS, (adversarial.clean, adversarial.saved), strict=True):
        drawn = {name: attend(backbone, picture, trial.classes, AttentionSettings(name), trial.truth) for name in maps}
        told[arm] = {name: _held(trial, m.raw, m.degenerate) for name, m in drawn.items()}
        noise = random_map(backbone.grid, settings.seed)
        told[arm] |= {RANDOM: _held(trial, noise), EDGES: _held(trial, edges(picture, backbone.grid))}
    return told


def _held(trial: Trial, values: Tensor, degenerate: bool = False) -> Judged:
    painting = trial.painting
    whole = torch.from_numpy(painting.object_mask)
    part = torch.from_numpy(painting.part_masks[KINDS[painting.specimen.kind]])
    return Judged(
        pointing_hit(values, whole),
        pointing_hit(values, part),
        energy_inside(values, whole),
        energy_inside(values, part),
        degenerate,
    )


def verdict(collected: list[dict[str, dict[str, Judged]]]) -> dict:
    """Arm -> map -> shares with 95 % intervals (Wilson for `pointing`, `part_pointing` and `degenerate`, normal for the
    means `inside` and `part_inside`), each as [value, low, high]."""
    told: dict = {}
    for arm, maps in collected[0].items():
        for name in maps:
            held = [one[arm][name] for one in collected]
            told.setdefault(arm, {})[name] = {
                "pointing": _share([j.hit for j in held]),
                "part_pointing": _share([j.part_hit for j in held]),
                "inside": _mean([j.inside for j in held]),
                "part_inside": _mean([j.part_inside for j in held]),
                "degenerate": _share([j.degenerate for j in held]),
            }
    return told


def _share(hits: list[bool]) -> list[float]:
    return [sum(hits) / len(hits), *wilson(sum(hits), len(hits))]


def _mean(values: list[float]) -> list[float]:
    mean = float(np.mean(values))
    half = 1.96 * float(np.std(values, ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return [mean, round(mean - half, 4), round(mean + half, 4)]
