"""Localisation benchmark of maps: on painted specimens it is known where the object and its telling part are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..attacks.run import result_of
from ..evaluation.executors import Executor
from ..evaluation.plan import picture_seed
from ..evaluation.statistics import pair, wilson
from ..fieldguide.world.questions import PaintedQuestion, make_question
from ..fieldguide.world.specimens import KINDS
from ..maps.attend import attend
from ..maps.baselines import BASELINES
from ..maps.occlusion import occlude
from ..maps.registry import maps_for
from ..models import Backbone
from ..models.shuffle import shuffled
from ..numerics.baselines import sign_noise
from ..numerics.measures import energy_inside, pointing_hit
from ..settings import AttackSettings, AttentionSettings
from ..story.attack import attack

ARMS = ("clean", "attacked", "noise", "shuffled")
PUBLISHED = "a-tpt"  # what other maps are paired with


@dataclass(frozen=True, slots=True)
class MapScore:
    """The score of one map on one picture: whether its peak lies on the object and on the telling part, and how much of
    its positive evidence does.

    `areas` are those under the deletion and the insertion curve, where they were asked for.
    """

    hit: bool
    part_hit: bool
    inside: float
    part_inside: float
    degenerate: bool
    areas: tuple[float, float] | None = None


def localise(
    pictures: int,
    seed: int,
    maps: tuple[str, ...],
    settings: AttackSettings,
    executor: Executor,
    curves: bool = False,
    drawing: AttentionSettings = AttentionSettings(),  # noqa: B008  it is frozen
) -> Iterator[dict[str, dict[str, MapScore]]]:
    """For every picture arm -> map -> `MapScore`, in order; every map is asked about the true class.

    The arms: the picture, `attacked`, under `noise` of random signs as large as the attack (null arm), and the picture
    again as a model draws it whose image tower is `shuffled`. `maps`, or all that the model can draw where none are
    named, are joined by the baselines, which know no model, and all are drawn as `drawing` says, with the picture's own
    seed. `curves` also hides and shows what each map points at,
    which takes far longer.
    """
    work = partial(_picture_scores, seed=seed, maps=maps, settings=settings, curves=curves, drawing=drawing)
    with executor.start() as each:
        yield from each(work, range(pictures))


def _picture_scores(
    backbone: Backbone,
    index: int,
    seed: int,
    maps: tuple[str, ...],
    settings: AttackSettings,
    curves: bool,
    drawing: AttentionSettings,
) -> dict[str, dict[str, MapScore]]:
    question, own = make_question(seed, index), picture_seed(seed, index)
    pixels = backbone.prepare(Image.fromarray(question.painting.pixels))
    adversarial = result_of(attack(backbone, pixels, question.classes, replace(settings, seed=own), question.truth))
    clean = adversarial.known_clean
    noisy = sign_noise(clean, adversarial.per_channel, own, adversarial.inside)
    shown = (clean, adversarial.saved, noisy, clean)
    drawers = (backbone, backbone, backbone, shuffled(backbone, "all", own))
    named = dict.fromkeys((*(maps or maps_for(backbone)), *BASELINES))
    scores: dict[str, dict[str, MapScore]] = {}
    for arm, drawer, picture in zip(ARMS, drawers, shown, strict=True):
        scores[arm] = {}
        for name in named:
            asked = replace(drawing, map=name, seed=own)
            drawn = attend(drawer, picture, question.classes, asked, question.truth)
            areas = _areas(backbone, picture, question, drawn.raw, own) if curves else None
            scores[arm][name] = map_score(question, drawn.raw, drawn.degenerate, areas)
    return scores


def _areas(
    backbone: Backbone, picture: Tensor, question: PaintedQuestion, values: Tensor, seed: int
) -> tuple[float, float]:
    found = occlude(backbone, picture, values, question.classes, question.truth, seed=seed)
    return found.deletion_area, found.insertion_area


def map_score(
    question: PaintedQuestion, values: Tensor, degenerate: bool = False, areas: tuple[float, float] | None = None
) -> MapScore:
    """How a map (gh, gw) of a painted question lies on the object and on its telling part."""
    painting = question.painting
    whole = torch.from_numpy(painting.object_mask)
    part = torch.from_numpy(painting.part_masks[KINDS[painting.specimen.kind]])
    return MapScore(
        pointing_hit(values, whole),
        pointing_hit(values, part),
        energy_inside(values, whole),
        energy_inside(values, part),
        degenerate,
        areas,
    )


def summary(collected: list[dict[str, dict[str, MapScore]]]) -> dict:
    """Arm -> map -> shares with 95 % intervals (Wilson for `pointing`, `part_pointing` and `degenerate`, normal for the
    means `inside`, `part_inside` and, where curves were drawn, the areas `deletion` and `insertion`), each as
    [value, low, high]; the mean of a single picture has no interval: None."""
    shares: dict = {}
    for arm, maps in collected[0].items():
        for name in maps:
            scores = [one[arm][name] for one in collected]
            shares.setdefault(arm, {})[name] = {
                "pointing": _share([score.hit for score in scores]),
                "part_pointing": _share([score.part_hit for score in scores]),
                "inside": mean_of([score.inside for score in scores]),
                "part_inside": mean_of([score.part_inside for score in scores]),
                "degenerate": _share([score.degenerate for score in scores]),
            }
            areas = [score.areas for score in scores if score.areas is not None]
            if areas:
                columns = zip(("deletion", "insertion"), zip(*areas, strict=True), strict=True)
                shares[arm][name] |= {which: mean_of(list(values)) for which, values in columns}
    return shares


def pairs(collected: list[dict[str, dict[str, MapScore]]]) -> dict[str, list[dict]]:
    """Arm -> for every map, on how many pictures only it and only A-TPT's published map pointed at the object, with
    McNemar's p; nothing where the published map was not scored."""
    hits = {
        arm: {name: [one[arm][name].hit for one in collected] for name in maps} for arm, maps in collected[0].items()
    }
    return {
        arm: [pair(name, hit, PUBLISHED, maps[PUBLISHED]) for name, hit in maps.items() if name != PUBLISHED]
        for arm, maps in hits.items()
        if PUBLISHED in maps
    }


def _share(hits: list[bool]) -> list[float | None]:
    return [sum(hits) / len(hits), *wilson(sum(hits), len(hits))]


def mean_of(values: list[float]) -> list[float | None]:
    """The mean with its 95 % interval (normal), rounded; of a single value there is none."""
    mean = float(np.mean(values))
    if len(values) == 1:
        return [mean, None, None]
    half = 1.96 * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return [mean, round(mean - half, 4), round(mean + half, 4)]
