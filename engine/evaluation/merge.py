"""Several evaluations of the same pictures as one, so that what differs between them can be compared in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import require
from .kept import read_kept, read_plan
from .others import ANSWERING
from .records import Answered


def read_merged(folders: Sequence[Path]) -> tuple[dict, list[Answered]]:
    """Plan and records of all folders together: arms and pictures that all have, defences as FOLDER/DEFENCE.

    The plan is the first one's but for the defences; what other models answered is left out. Where the model is the
    first one's too, CLIP is listed once. Raises `EngineError` where no picture is in all of them, for other candidate
    classes or templates, pictures read in another way, another attack in an arm of the same name, a folder without
    records, and folders of one name.
    """
    names = [folder.resolve().name for folder in folders]
    require(len(set(names)) == len(names), f"Expected folders of different names; got {', '.join(names)}.")
    plans = [read_plan(folder) for folder in folders]
    for name, plan in zip(names, plans, strict=True):
        for what in ("classes", "templates"):
            require(
                plan.get(what) == plans[0].get(what),
                f"“{name}” asked with other candidate {what} than “{names[0]}”; these cannot be compared.",
            )
        require(
            plan.get("reader") == plans[0].get("reader"),
            f"“{name}” read its pictures in another way than “{names[0]}”; these cannot be compared.",
        )
        for arm in plan["attacks"].keys() & plans[0]["attacks"].keys():
            require(
                plan["attacks"][arm] == plans[0]["attacks"][arm],
                f"“{name}” made {arm} in another way than “{names[0]}”; these cannot be compared.",
            )
    results = [read_kept(folder) for folder in folders]
    for folder, answered in zip(folders, results, strict=True):
        require(bool(answered), f"Expected evaluations with records; “{folder}” has none yet.")
    called = [_called(name, plan, plans[0]) for name, plan in zip(names, plans, strict=True)]
    kept = [{_picture(one): one for one in answered} for answered in results]
    rows = [[found[picture] for found in kept] for picture in kept[0] if all(picture in found for found in kept)]
    require(bool(rows), f"Expected evaluations of the same pictures; {', '.join(names)} share none.")
    plan = _alone(plans[0], "answer_with", ANSWERING) | {
        "defences": [defence for renamed in called for defence in renamed.values()]
    }
    return plan, [_together(called, row) for row in rows]


def _picture(one: Answered) -> tuple[str, str, str]:
    return one.record["key"], one.record["truth"], one.record.get("digest", "")


def _called(name: str, plan: dict, first: dict) -> dict[str, str]:
    """The new name of every defence of one evaluation: its folder and its old name."""
    again = plan is not first and plan.get("fingerprint") == first.get("fingerprint")
    return {defence: f"{name}/{defence}" for defence in plan["defences"] if not (again and defence == "clip")}


def _together(called: Sequence[dict[str, str]], row: Sequence[Answered]) -> Answered:
    arms = [arm for arm in row[0].record["arms"] if all(arm in one.record["arms"] for one in row)]
    records = [one.record["arms"] for one in row]
    answers = {arm: _renamed(called, [record[arm] for record in records]) for arm in arms}
    record = _alone(row[0].record, "others") | {"arms": answers}
    if not all(one.seconds for one in row):
        return Answered(record, {})
    seconds = [one.seconds["defences"] for one in row]
    taken = {arm: _renamed(called, [defences[arm] for defences in seconds]) for arm in arms}
    return Answered(record, row[0].seconds | {"defences": taken})


def _alone(kept: dict, *others: str) -> dict:
    """Without what is about other models."""
    return {name: value for name, value in kept.items() if name not in others}


def _renamed(called: Sequence[dict[str, str]], defences: Sequence[dict]) -> dict:
    return {
        names[defence]: value
        for names, values in zip(called, defences, strict=True)
        for defence, value in values.items()
        if defence in names
    }
