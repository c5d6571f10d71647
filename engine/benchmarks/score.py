"""How well the built-in model and the defences do on fresh held-out specimens, with intervals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..evaluation import Plan, evaluate
from ..evaluation.executors import Executor
from ..evaluation.plan import CLEAN, arm_name
from ..evaluation.statistics import pair, shares
from ..fieldguide.series import FieldGuideSeries
from ..fieldguide.world.questions import LABELS
from ..settings import Settings

DEFENCES = ("view-average", "tpt", "r-tpt", "a-tpt")
PAIRS = (("r-tpt", "view-average"), ("a-tpt", "r-tpt"))  # each with the defence that it extends


@dataclass(frozen=True, slots=True)
class Answer:
    """For one picture of a specimen of this kind, which arm was right: `clean`, `attacked`, and each defence on the
    attacked picture; `clean-DEFENCE` arms measure defences without an attack."""

    index: int
    kind: str
    right: dict[str, bool]


def answers(
    pictures: int, seed: int, settings: Settings, executor: Executor, clean_arms: bool = False
) -> Iterator[Answer]:
    """One `Answer` per picture, in order; numbers do not depend on how many work at them."""
    plan = Plan(replace(settings, defences=DEFENCES), (settings.attack,), seed, clean_arms)
    for answered in evaluate(FieldGuideSeries(pictures, seed), plan, executor):
        yield _answer(answered.record, arm_name(settings.attack))


def _answer(record: dict, arm: str) -> Answer:
    clean, attacked = (
        {defence: answer["right"] for defence, answer in record["arms"][name].items()} for name in (CLEAN, arm)
    )
    right = {"clean": clean.pop("clip"), "attacked": attacked.pop("clip"), **attacked}
    return Answer(record["index"], record["group"], right | {f"clean-{defence}": hit for defence, hit in clean.items()})


def summary(collected: list[Answer], settings: dict) -> dict:
    """The statistics of the answers as plain data.

    `accuracy` per arm with 95 % Wilson `intervals`; `kinds`, the accuracy per arm on each kind of specimen; `pairs`,
    for each pair of `PAIRS` on how many pictures only the first and only the second was right, and the exact
    two-sided McNemar p-value of that split.
    """
    arms = {arm: [answer.right[arm] for answer in collected] for arm in collected[0].right}
    kinds = {kind: [a for a in collected if a.kind == kind] for kind in sorted({a.kind for a in collected})}
    return {
        **shares(arms),
        "kinds": {
            kind: {"pictures": len(group)} | {arm: sum(a.right[arm] for a in group) / len(group) for arm in arms}
            for kind, group in kinds.items()
        },
        "pairs": [pair(first, arms[first], second, arms[second]) for first, second in PAIRS],
        "settings": {**settings, "pictures": len(collected), "labels": LABELS},
    }
