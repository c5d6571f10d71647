"""How well the built-in model and the defences do on fresh held-out specimens, with intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context

import torch
from PIL import Image
from scipy.stats import binomtest

from ..attacks import attack
from ..backbone import BUILT_IN, load_backbone
from ..methods import defend
from ..settings import Settings
from .trial import LABELS, make_trial

METHODS = ("view-average", "tpt", "r-tpt", "a-tpt")


@dataclass(frozen=True, slots=True)
class Answer:
    """For one picture, which arm was right: `clean`, `attacked`, and each method on the attacked picture;
    `clean-METHOD` arms judge methods without an attack."""

    index: int
    right: dict[str, bool]


def answers(
    pictures: int, seed: int, settings: Settings, model: str = BUILT_IN, workers: int = 2, clean_arms: bool = False
) -> Iterator[Answer]:
    """One `Answer` per picture, in order, from `workers` processes; numbers do not depend on their count."""
    job = partial(_answer, seed=seed, settings=settings, clean_arms=clean_arms)
    with ProcessPoolExecutor(workers, get_context("spawn"), _open, (model, workers)) as pool:
        yield from pool.map(job, range(pictures))


def summary(collected: list[Answer], settings: dict) -> dict:
    """Accuracy per arm with 95 % Wilson intervals: `{"accuracy", "intervals", "settings"}`."""
    right = Counter(arm for answer in collected for arm, hit in answer.right.items() if hit)
    total = len(collected)
    arms = list(collected[0].right)
    return {
        "accuracy": {arm: right[arm] / total for arm in arms},
        "intervals": {arm: _wilson(right[arm], total) for arm in arms},
        "settings": {**settings, "pictures": total, "labels": LABELS},
    }


def _wilson(hits: int, total: int) -> list[float]:
    interval = binomtest(hits, total).proportion_ci(method="wilson")
    return [round(float(interval.low), 4), round(float(interval.high), 4)]


def _open(model: str, workers: int) -> None:
    global _backbone  # one model per process; the pool offers no other place for it
    torch.set_num_threads(max(1, torch.get_num_threads() // workers))
    _backbone = load_backbone(model)


def _answer(index: int, seed: int, settings: Settings, clean_arms: bool) -> Answer:
    trial = make_trial(seed, index)
    pixels = _backbone.prepare(Image.fromarray(trial.painting.pixels))
    settings = replace(settings, methods=METHODS).with_seed(seed * 1_000_003 + index)
    *_, adversarial = attack(_backbone, pixels, trial.classes, settings.attack, trial.truth)
    right = {
        "clean": adversarial.before.label == trial.truth,
        "attacked": adversarial.after_saved.label == trial.truth,
    }
    for defence in defend(_backbone, adversarial.saved, trial.classes, settings):
        right[defence.method] = defence.prediction.label == trial.truth
    if clean_arms:
        for defence in defend(_backbone, pixels, trial.classes, settings):
            right[f"clean-{defence.method}"] = defence.prediction.label == trial.truth
    return Answer(index, right)
