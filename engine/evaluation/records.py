"""One picture answered by every defence in every arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from ..attacks.registry import ATTACKS
from ..datasets.base import Question
from ..detection import scores_of
from ..models import Backbone
from ..numerics.baselines import sign_noise
from ..results import Adversarial, Prediction
from ..serialise import box_data
from ..settings import Settings
from ..story import requests
from ..story.graph import Story
from ..story.handing_on import as_seen
from ..story.recipe import CLEAN as CLEAN_PICTURE
from ..story.recipe import Picture, Recipe
from ..story.requests import Attack
from ..story.results import Results
from .plan import CLEAN, Attacked, Plan, of_picture
from .store import attacked, described
from .surviving import survival_record


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
    the plan asks for another fit than the model's own, is where what the model sees lies in the picture. `scores`,
    where the plan asks to detect, has those of every arm's picture, and of the clean one under noise as large. Its
    `others` has, by name, what those models answer in every arm to what the attacked one saw, as `as_seen` resizes it.

    A question without a number of its own has `index`, its place, instead, and the record names it.
    Attacked pictures are read from the folder `cache` where they are, else made and kept there (None: not kept), but
    for those that were `made` already, by arm. What is computed takes the turns of `results`, as that of `owner` (None:
    it waits for nobody).
    """
    how = plan.settings.picture
    clean = Picture(backbone.prepare(question.image, how))
    arms, attacks, blind, files = {CLEAN: clean}, {}, [], []
    for wanted in plan.attacked:
        name, batch = wanted.name, plan.batch_of(wanted.attack)
        story = attack_story(backbone, question, clean, index, wanted, plan, results, owner)
        if made and name in made:
            story.results.put(story.key(Attack()), made[name], owner)
        pixels, seconds, saw_nothing = attacked(story, question, cache, batch)
        arms[name] = Picture(pixels)
        if cache is not None:
            files.append({"attack": name, **described(story, question, batch)})
            if not wanted.from_truth:
                files[-1]["truth"] = question.classes.names[question.label]
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
        before = next((other for other in answers if _same(arms[other], picture, answers[other], settings)), None)
        if before is not None:
            answers[name], taken[name] = answers[before], taken[before]
            continue
        story = Story(backbone, recipe, results, owner)
        asked = [requests.Defended(defence, CLEAN_PICTURE) for defence in settings.defences]
        defences = [story.result(one) for one in asked]
        answers[name] = {d.defence: _answer(d.prediction, question.label) for d in defences}
        taken[name] = {d.defence: round(d.seconds, 4) for d in defences}
    named = ({"index": index} if question.number is None else {}) | {"key": question.key}
    record = named | {"group": question.group, "truth": question.classes.names[question.label]}
    framed = {"crop": box_data(backbone.box(question.image.size, how))} if of_picture(plan.settings) else {}
    record |= of_file | framed | {"arms": answers} | ({"blind": blind} if blind else {})
    number = _number(question, index)
    record |= {"survival": _survival(backbone, question, arms, plan, number)} if plan.survival else {}
    record |= {"scores": _scores(backbone, arms, plan, number)} if plan.detect else {}
    record |= {"others": {one.name: _of_another(one, arms, question) for one in others}} if others else {}
    return Answered(record, named | {"attacks": attacks, "defences": taken}, files)


def attack_story(
    backbone: Backbone,
    question: Question,
    clean: Picture,
    index: int,
    wanted: Attacked,
    plan: Plan,
    results: Results | None = None,
    owner: str = "",
) -> Story:
    """The story whose attack makes the picture of one arm out of the `clean` one."""
    seeded = replace(wanted.attack, seed=plan.seed_for(_number(question, index)))
    recipe = _recipe(question, clean, replace(plan.settings, attack=seeded))
    if not wanted.from_truth:
        answer = Story(backbone, recipe, results, owner).result(requests.Clean())
        recipe = replace(recipe, label=answer.label)
    return Story(backbone, recipe, results, owner)


def _same(one: Picture, other: Picture, answers: Mapping[str, dict], settings: Settings) -> bool:
    """Whether these answers to the one picture are those to the other, which has the same pixels: an attack away from
    the model's own answer mostly makes what the same one makes away from the truth."""
    return tuple(answers) == settings.defences and torch.equal(one.pixels, other.pixels)


def _survival(
    backbone: Backbone, question: Question, arms: Mapping[str, Picture], plan: Plan, number: int
) -> dict[str, dict]:
    """What becomes of every attack behind what happens to pictures; damage that nobody aims has none to survive."""
    aimed = [one.name for one in plan.attacked if ATTACKS.named(one.attack.attack).aimed]
    settings = {name: plan.settings_for(number, name) for name in aimed}
    return {name: survival_record(backbone, question, arms[CLEAN], arms[name], settings[name]) for name in aimed}


def _scores(backbone: Backbone, arms: Mapping[str, Picture], plan: Plan, number: int) -> dict[str, dict[str, float]]:
    seed, seen = plan.seed_for(number), {name: arm.pixels for name, arm in arms.items()}
    noisy = {name: sign_noise(seen[CLEAN], epsilon, seed) for name, epsilon in plan.noises.items()}
    found = {name: scores_of(backbone, pixels, seed) for name, pixels in {**seen, **noisy}.items()}
    return {arm: {name: round(value, 6) for name, value in scores.items()} for arm, scores in found.items()}


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
