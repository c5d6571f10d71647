"""The arms of adaptive attacks as one, where each is answered by the defence that it goes through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .records import Answered

ITSELF = "itself"  # in place of a target defence


def folded(plan: dict, collected: Sequence[Answered]) -> tuple[dict, list[Answered]]:
    """Plan and records with one arm in place of all adaptive ones of one limit, in which every defence answers the
    picture whose attack went through that defence; CLIP's answers to those of others are left out.

    Unchanged where the plan lets other defences answer too (`Plan.own_target`).
    """
    if not plan.get("own_target"):
        return plan, list(collected)
    within = {arm: _together(arm, attack) for arm, attack in plan["attacks"].items() if attack["attack"] == "adaptive"}
    targets = {arm: plan["attacks"][arm]["target_defence"] for arm in within}
    attacks = {
        within.get(arm, arm): attack | ({"target_defence": ITSELF} if arm in within else {})
        for arm, attack in plan["attacks"].items()
    }

    def fold(arms: dict[str, dict]) -> dict[str, dict]:
        found: dict[str, dict] = {}
        for arm, of_defences in arms.items():
            kept = {targets[arm]: of_defences[targets[arm]]} if arm in within else of_defences
            found[within.get(arm, arm)] = found.get(within.get(arm, arm), {}) | kept
        return found

    def whole(one: Answered) -> Answered:
        blind = {"blind": list(dict.fromkeys(within.get(arm, arm) for arm in one.record.get("blind", ())))}
        record = one.record | {"arms": fold(one.record["arms"])} | (blind if blind["blind"] else {})
        if not one.seconds:
            return replace(one, record=record)
        return replace(one, record=record, seconds=one.seconds | {"defences": fold(one.seconds["defences"])})

    return plan | {"attacks": attacks}, [whole(one) for one in collected]


def _together(arm: str, attack: dict) -> str:
    return arm.replace(f"-{attack['target_defence']}-", f"-{ITSELF}-", 1)
