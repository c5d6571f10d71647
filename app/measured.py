"""What was measured ahead of time, on many pictures: evaluations of the built-in model that lie in assets/measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import engine

FOLDER = engine.ASSETS / "measured"
SERIES = ("every-defence", "every-attack", "collapse")


@dataclass(frozen=True, slots=True)
class Arm:
    """An arm of an evaluation, one column: clean pictures, or those of one attacker.

    `attack` is the attacker's settings as plain data (None: clean pictures); its target defence is
    `engine.evaluation.ITSELF` where each defence answers what went through itself. Each defence that was asked has an
    accuracy and its 95 % interval, shares from 0 to 1, and of every picture, in order, its answer, whether that was
    right, and how sure it was, from 0 to 1 (none of it where the records do not tell).
    """

    name: str
    attack: dict | None
    accuracy: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    answers: dict[str, tuple[str, ...]]
    right: dict[str, tuple[bool, ...]]
    confidence: dict[str, tuple[float, ...]]

    def pair(self, first: str, second: str) -> dict:
        """How two defences differ here, as `engine.evaluation.pair` tells."""
        return engine.evaluation.pair(first, list(self.right[first]), second, list(self.right[second]))

    def success(self, clean: Arm, defence: str) -> dict:
        """How often the attack fooled a defence that is right in the `clean` arm, as `engine.evaluation.success`
        tells."""
        return engine.evaluation.success(clean.right[defence], self.right[defence])


@dataclass(frozen=True, slots=True)
class Measured:
    """One evaluation: its name, its plan as plain data, the true class of every picture, and its arms, the clean one
    first."""

    name: str
    plan: dict
    truths: tuple[str, ...]
    arms: tuple[Arm, ...]

    @property
    def pictures(self) -> int:
        """How many there are."""
        return len(self.truths)

    @property
    def finished(self) -> bool:
        """Whether these are all that were to be measured."""
        return self.pictures == self.plan["pictures"]

    @property
    def views(self) -> int:
        """How many were made of each picture."""
        return self.plan["views"]["count"]

    @property
    def defences(self) -> tuple[str, ...]:
        """In the order of the evaluation."""
        return tuple(self.arms[0].accuracy)

    def settings(self, arm: Arm, number: int, defences: tuple[str, ...]) -> engine.Settings:
        """Those of the record of picture `number`, for these of its defences."""
        return replace(engine.evaluation.settings_kept(self.plan, arm.name, number), defences=defences)


@cache
def calibration(name: str, defence: str) -> engine.evaluation.Calibration | None:
    """Of a defence in the arm that `arms` calls so; None where its records tell no confidences."""
    _, arm = arms()[name]
    if defence not in arm.confidence:
        return None
    return engine.evaluation.Calibration(arm.confidence[defence], arm.right[defence])


@cache
def load_measured(folder: Path = FOLDER) -> tuple[Measured, ...]:
    """The evaluations of `SERIES` that are there; none where the assets were left out."""
    return tuple(_read(folder, name) for name in SERIES if (folder / name).is_dir())


def arms() -> dict[str, tuple[Measured, Arm]]:
    """By the names of both, every arm of every evaluation that is finished whose pictures can be asked about again:
    there is one for all defences, and it was pushed away from the true class."""
    finished = [one for one in load_measured() if one.finished]
    return {f"{one.name}/{arm.name}": (one, arm) for one in finished for arm in one.arms if _of_all(one, arm)}


def _of_all(measured: Measured, arm: Arm) -> bool:
    from_truth = arm.attack is None or arm.attack.get("from_truth", True)
    return from_truth and tuple(arm.accuracy) == measured.defences


def numbered(source: str) -> tuple[int, int] | None:
    """Series and number of the picture that `source` names so; None for any other."""
    kind, *words = source.split() or [""]
    if kind != "numbered" or len(words) != 2 or not all(word.isdecimal() and len(word) < 10 for word in words):
        return None
    return int(words[0]), int(words[1])


def spelled(series: int, number: int) -> str:
    """The source of a picture by series and number."""
    return f"numbered {series} {number}"


def _read(folder: Path, name: str) -> Measured:
    plan = engine.evaluation.read_plan(folder / name)
    shown, kept = engine.evaluation.folded(plan, engine.evaluation.read_kept(folder / name))
    records = [one.record for one in kept]
    arms = tuple(_arm(shown, arm, records) for arm in records[0]["arms"])
    return Measured(name, plan, tuple(record["truth"] for record in records), arms)


def _arm(plan: dict, name: str, records: list[dict]) -> Arm:
    defences = records[0]["arms"][name]
    right = {defence: tuple(record["arms"][name][defence]["right"] for record in records) for defence in defences}
    shares = engine.evaluation.shares({defence: list(hits) for defence, hits in right.items()})
    intervals = {defence: tuple(bounds) for defence, bounds in shares["intervals"].items()}
    answers = {
        defence: tuple(_same(record["arms"][name][defence]["answer"], record["truth"]) for record in records)
        for defence in defences
    }
    confidence = {
        defence: tuple(record["arms"][name][defence]["confidence"] for record in records)
        for defence in defences
        if all("confidence" in record["arms"][name][defence] for record in records)
    }
    return Arm(name, plan["attacks"].get(name), shares["accuracy"], intervals, answers, right, confidence)


def _same(answer: str, truth: str) -> str:
    """The answer; one that is the truth, as the same text, of which there would be thousands."""
    return truth if answer == truth else answer
