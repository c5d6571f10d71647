"""One picture answered by every defence in every arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..datasets.base import Question
from ..models import Backbone
from ..results import Adversarial, Prediction
from ..serialise import box_data
from ..settings import AttackSettings, Settings
from ..story import requests
from ..story.graph import Story
from ..story.handing_on import as_seen
from ..story.recipe import Picture, Recipe
from ..story.requests import Attack
from ..story.results import Results
from .plan import CLEAN, Plan, arm_name, of_picture
from .store import attacked, described


@dataclass(frozen=True, slots=True)
class Answered:
    """The result of one picture as plain data: the record, which is the same in every run, and the seconds, which are
    not.

    `seconds` has `attacks` (arm -> seconds, only of those made now) and `defences` (arm -> defence -> seconds it would
    take alone). `attacked`, of a picture answered now, says what its kept attacked pictures are.
    """

    record: dict
    seconds: dict
    attacked: list[dict] = field(default_factory=list, compare=False)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A picture that could not be read: its key, and a sentence that names it."""

    key: str
    reason: str


def answer_question(
    backbone: Backbone,
    question: Question,
    index: int,
    plan: Plan,
    cache: Path | None = None,
    results: Results | None = None,
    owner: str = "",
    made: Mapping[str, Adversarial] | None = None,
    others: Sequence[Backbone] = (),
) -> Answered:
    """The answers of all defences to one picture in every arm; numbers of the record are rounded to six digits.
    `blind` in the record, where it is there, lists the arms whose attack was blind, as in `Adversarial`; `crop`, where
    the plan asks for another fit than the model's own, is where what the model sees lies in the picture. Its `others`
    has, by name, what those models answer in every arm to what the attacked one saw, as `as_seen` resizes it.

    A question without a number of its own has `index`, its place, instead, and the record names it.
    Attacked pictures are read from the folder `cache` where they are, else made and kept there (None: not kept), but
    for those that were `made` already, by arm. What is computed takes the turns of `results`, as that of `owner` (None:
    it waits for nobody).
    """
    how = plan.settings.picture
    clean = Picture(backbone.prepare(question.image, how))
    arms, attacks, blind, files = {CLEAN: clean}, {}, [], []
    for wanted in plan.attacks:
        name, batch = arm_name(wanted), plan.batch_of(wanted)
        story = attack_story(backbone, question, clean, index, wanted, plan, results, owner)
        if made and name in made:
            story.results.put(story.key(Attack()), made[name], owner)
        pixels, seconds, saw_nothing = attacked(story, question, cache, batch)
        arms[name] = Picture(pixels)
        if cache is not None:
            files.append({"attack": name, **described(story, question, batch)})
        if seconds is not None:
            attacks[name] = round(seconds, 4)
        if saw_nothing:
            blind.append(name)
    of_file = {"digest": question.digest} if question.digest else {}
    files = [line | of_file for line in files]
    answers, taken = {}, {}
    for name, picture in arms.items():
        settings = plan.settings_for(_number(question, index), name)
        recipe = _recipe(question, picture, settings)  # in which the arm's picture is the clean one
        story = Story(backbone, recipe, results, owner)
        asked = [requests.Defended(defence, requests.CLEAN) for defence in settings.defences]
        defences = [story.result(one) for one in asked]
        answers[name] = {d.defence: _answer(d.prediction, question.label) for d in defences}
        taken[name] = {d.defence: round(d.seconds, 4) for d in defences}
    named = ({"index": index} if question.number is None else {}) | {"key": question.key}
    record = named | {"group": question.group, "truth": question.classes.names[question.label]}
    framed = {"crop": box_data(backbone.box(question.image.size, how))} if of_picture(plan.settings) else {}
    record |= of_file | framed | {"arms": answers} | ({"blind": blind} if blind else {})
    record |= {"others": {one.name: _of_another(one, arms, question) for one in others}} if others else {}
    return Answered(record, named | {"attacks": attacks, "defences": taken}, files)


def attack_story(
    backbone: Backbone,
    question: Question,
    clean: Picture,
    index: int,
    wanted: AttackSettings,
    plan: Plan,
    results: Results | None = None,
    owner: str = "",
) -> Story:
    """The story whose attack makes the picture of one arm out of the `clean` one."""
    seeded = replace(wanted, seed=plan.seed_for(_number(question, index)))
    return Story(backbone, _recipe(question, clean, replace(plan.settings, attack=seeded)), results, owner)


def _of_another(backbone: Backbone, arms: Mapping[str, Picture], question: Question) -> dict[str, dict]:
    """What another model answers in every arm."""
    answers = {}
    for name, picture in arms.items():
        recipe = Recipe(Picture(as_seen(backbone, picture.pixels)), question.classes)
        answers[name] = _answer(Story(backbone, recipe).result(requests.Clean()), question.label)
    return answers


def _number(question: Question, index: int) -> int:
    return index if question.number is None else question.number


def _recipe(question: Question, picture: Picture, settings: Settings) -> Recipe:
    return Recipe(picture, question.classes, question.label, settings)


def _answer(prediction: Prediction, label: int) -> dict:
    return {
        "answer": prediction.name,
        "right": prediction.label == label,
        "confidence": round(prediction.confidence, 6),
        "entropy": round(prediction.entropy, 6),
    }
