"""How often clean and attacked pictures are answered right behind what happens to pictures, over all of them."""

from __future__ import annotations

from collections.abc import Sequence

from .plan import CLEAN
from .records import Answered
from .statistics import pair, shares


def summarise_survival(collected: Sequence[Answered]) -> dict:
    """As `survival`, by attack and change the accuracy of the model on clean and attacked pictures with 95 % Wilson
    intervals, and how they differ on the same pictures, as `pair` gives it. Empty where it was not asked for."""
    if not collected or "survival" not in collected[0].record:
        return {}
    found = {}
    for arm, changes in collected[0].record["survival"].items():
        rows = {change: [one.record["survival"][arm][change] for one in collected] for change in changes}
        found[arm] = {change: _row(arm, answers) for change, answers in rows.items()}
    return {"survival": found}


def _row(arm: str, answers: Sequence[Sequence[bool]]) -> dict:
    clean, attacked = ([answer[place] for answer in answers] for place in (0, 1))
    return shares({CLEAN: clean, "attacked": attacked}) | {"pair": pair("attacked", attacked, CLEAN, clean)}
