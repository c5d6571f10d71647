"""How well the built-in model and the defences do on fresh held-out specimens, with intervals."""

from __future__ import annotations

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
from ..defend import defend
from ..settings import Settings
from .trial import LABELS, make_trial

METHODS = ("view-average", "tpt", "r-tpt", "a-tpt")
PAIRS = (("r-tpt", "view-average"), ("a-tpt", "r-tpt"))  # each with what it adds to


@dataclass(frozen=True, slots=True)
class Answer:
    """For one picture of a specimen of this kind, which arm was right: `clean`, `attacked`, and each method on the
    attacked picture; `clean-METHOD` arms judge methods without an attack."""

    index: int
    kind: str
    right: dict[str, bool]


def answers(
    pictures: int, seed: int, settings: Settings, model: str = BUILT_IN, workers: int = 2, clean_arms: bool = False
) -> Iterator[Answer]:
    """One `Answer` per picture, in order, from `workers` processes; numbers do not depend on their count."""
    job = partial(_answer, seed=seed, settings=settings, clean_arms=clean_arms)
    with ProcessPoolExecutor(workers, get_context("spawn"), _open, (model, workers)) as pool:
        yield from pool.map(job, range(pictures))


def summary(collected: list[Answer], settings: dict) -> dict:
    """What the answers amount to, as plain data.

    `accuracy` per arm with 95 % Wilson `intervals`; `kinds`, the accuracy per arm on each kind of specimen; `pairs`,
    for each pair of `PAIRS` on how many pictures only the first and only the second was right, and the exact
    two-sided McNemar p-value of that split.
    """
    arms = list(collected[0].right)
    total = len(collected)
    hits = {arm: sum(answer.right[arm] for answer in collected) for arm in arms}
    kinds = {kind: [a for a in collected if a.kind == kind] for kind in sorted({a.kind for a in collected})}
    return {
        "accuracy": {arm: hits[arm] / total for arm in arms},
        "intervals": {arm: _wilson(hits[arm], total) for arm in arms},
        "kinds": {
            kind: {"pictures": len(group)} | {arm: sum(a.right[arm] for a in group) / len(group) for arm in arms}
            for kind, group in kinds.items()
        },
        "pairs": [_pair(collected, first, second) for first, second in PAIRS],
        "settings": {**settings, "pictures": total, "labels": LABELS},
    }


def _wilson(hits: int, total: int) -> list[float]:
    interval = binomtest(hits, total).proportion_ci(method="wilson")
    return [round(float(interval.low), 4), round(float(interval.high), 4)]


def _pair(collected: list[Answer], first: str, second: str) -> dict:
    only_first = sum(a.right[first] and not a.right[second] for a in collected)
    only_second = sum(a.right[second] and not a.right[first] for a in collected)
    split = only_first + only_second
    p = float(binomtest(only_first, split).pvalue) if split else 1.0
    return {"first": first, "second": second, "only_first": only_first, "only_second": only_second, "p": p}


def _open(model: str, workers: int) -> None:
    global _backbone  # one model per process; the pool offers no other place for it
    torch.set_num_threads(max(1, torch.get_num_threads() // workers))
    _backbone = load_backbone(model)


def _answer(index: int, seed: int, settings: Settings, clean_arms: bool) -> Answer:
    trial = make_trial(seed, index)
    pixels = _backbone.prepare(Image.fromarray(trial.painting.pixels))
    settings = replace(settings, methods=METHODS).with_seed((seed * 1_000_003 + index) % 2**63)
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
    return Answer(index, trial.painting.specimen.kind, right)
