"""The API of the page: five named endpoints that answer with what the command line prints for `--json`.

They keep nothing between calls but what is computed on the page's own samples, which the page shares with them, and
take turns with it, address by address. What they ask for beside the picture and its classes are parameters of the
engine, with the words and units of the command line.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
from gradio import FileData
from PIL import Image

import engine
from app import prompts
from app.components.controls import shown
from app.figures.pictures import to_uint8
from app.models import Models
from app.picture_sources import PictureSources
from app.present import present
from app.state.found import Found, find
from app.state.parts import ATTACKED, CLEAN, Account, Question
from app.state.visitors import Visitor
from app.text import words as text

ATTACK = engine.parameters.words("attack")
PICTURE = engine.parameters.words("picture")
ANSWER = engine.parameters.words("answer")
MAPS = (*ATTACK, *(word for word in engine.parameters.words("attention") if word not in ATTACK))
STORY = engine.parameters.STORY
RECORD = tuple(word for word in STORY if not engine.parameters.parameters()[word].known.recipe)
ASKED = {  # what every endpoint asks first: type, default (empty: must be given), explanation
    "picture": (FileData, inspect.Parameter.empty, "an image file"),
    "class_names": (list[str], inspect.Parameter.empty, "the answers it may give, at least two"),
    "clean_picture": (FileData | None, None, "what the picture was made of, where it was attacked elsewhere"),
    "attacked": (bool, False, "the picture was attacked elsewhere; without clean_picture, its clean one is unknown"),
    "template": (str, engine.classes.DEFAULT_TEMPLATE, "the sentence that each name is put into, with one {}"),
    "prompt_ensemble": (
        str,
        "",
        f"more sentences to average: {prompts.OWN}, the model's own set, or {prompts.EIGHTY}, OpenAI's",
    ),
    "true_class": (str, "", "what the picture shows; empty: the clean answer"),
    "about": (str, "", "the class the maps are about; empty: the true class"),
    "against": (str, "", "the class it is held against; empty: none"),
}
CALLS = 40  # under way at once; others wait
QUESTION = ("picture", "class_names", "template", "prompt_ensemble")
ELSEWHERE = ("attacked", "clean_picture")


class Api:
    """The endpoints for the first of `models`. Every refusal is one sentence of the engine's.

    What is computed takes part in the turns of the page's `results`, and is charged in `budget`, as that of the address
    a call comes from. `sources` has the samples; only what is computed on these is kept in `results`.
    """

    def __init__(
        self, models: Models, sources: PictureSources, results: engine.story.Results, budget: engine.story.Budget
    ) -> None:
        self.models, self.sources, self.results, self.budget = models, sources, results, budget
        self._offer(self.predict, dict, (*QUESTION, *ELSEWHERE), (*PICTURE, *ANSWER))
        self._offer(self.attack, tuple[dict, FileData], (*QUESTION, "true_class"), (*ATTACK, *PICTURE))
        self._offer(self.maps, dict, (*QUESTION, *ELSEWHERE, "true_class", "about", "against"), (*MAPS, *PICTURE))
        self._offer(self.defend, dict, (*QUESTION, *ELSEWHERE, "true_class"), (*STORY, *PICTURE))
        self._offer(self.evaluate_one, dict, (*QUESTION, "true_class"), (*RECORD, *PICTURE))

    def predict(self, account: Account, asked: Mapping[str, Any]) -> dict:
        """What the untouched model takes the picture for, whether it knows such pictures, and whether it is “none of
        these”, where that may be; of one that was attacked elsewhere also what there is to know of that."""
        if _elsewhere(asked):
            hit = present(self._found(account, asked, PICTURE, "adversarial").adversarial)
            prediction = engine.serialise.prediction_data(hit.after_saved)
            return {"prediction": prediction, "attack": engine.serialise.attack_data(hit)}
        found = self._found(account, asked, (*PICTURE, *ANSWER), "clean")
        clean = present(found.clean)
        return {
            "prediction": engine.serialise.prediction_data(clean),
            "familiarity": engine.serialise.familiarity_data(clean.familiarity),
            "none_of_these": engine.serialise.none_data(clean, found.answer),
        }

    def attack(self, account: Account, asked: Mapping[str, Any]) -> tuple[dict, FileData]:
        """Change the picture within a limit so that the answer turns: numbers, and the attacked PNG file."""
        hit = present(self._found(account, asked, (*ATTACK, *PICTURE), "adversarial").adversarial)
        return {"attack": engine.serialise.attack_data(hit)}, FileData(path=shown(to_uint8(hit.saved)))

    def maps(self, account: Account, asked: Mapping[str, Any]) -> dict:
        """Where the model finds evidence for the class, in the clean and in the attacked picture."""
        found = self._found(account, asked, (*MAPS, *PICTURE), "adversarial", "maps")
        pair = present(found.maps)
        return {
            "attack": engine.serialise.attack_data(present(found.adversarial)),
            "maps": engine.serialise.maps_data([(pair.clean, pair.attacked)]),
        }

    def defend(self, account: Account, asked: Mapping[str, Any]) -> dict:
        """The whole story of one picture: attack, views, tuning, and the answer of every defence."""
        found = self._found(account, asked, (*STORY, *PICTURE), "adversarial", "steps", "ensemble", "defences")
        defended = engine.serialise.defence_data(list(found.steps), present(found.ensemble), list(found.defences))
        return {"attack": engine.serialise.attack_data(present(found.adversarial))} | defended

    def evaluate_one(self, account: Account, asked: Mapping[str, Any]) -> dict:
        """One record of an evaluation: every defence's answer to the clean and to the attacked picture, right or wrong;
        it needs the true class."""
        classes = _classes(asked, self.models.first.templates)
        settings = _settings(asked, (*RECORD, *PICTURE), classes)
        plan = engine.evaluation.Plan(settings, (settings.attack,), settings.attack.seed)
        name, image = _opened(asked["picture"])
        question = engine.datasets.Question(name, image, classes, classes.index(_text(asked, "true_class")))
        passes = _charged(account.question(self.models.first, self._recipe(image, classes, question.label, settings)))
        return self.models.answer(question, plan, account, passes).record

    def _offer(self, answer: Callable, returns: object, question: Sequence[str], words: Sequence[str] = ()) -> None:
        """Register an endpoint named like `answer`, which asks `question` and the engine's parameters `words`."""

        def endpoint(request: gr.Request, *given: object) -> object:
            account = Account(f"address {present(request.client).host}", self.results.turns, self.budget)
            try:
                return answer(account, dict(zip(names, given, strict=True)))
            except engine.EngineError as error:
                raise gr.Error(str(error), print_exception=False) from error

        known = engine.parameters.parameters()
        asked = {name: ASKED[name] for name in question} | {word: _asking(known[word]) for word in words}
        names, request_ = [name for name, _ in _needed_first(asked)], inspect.signature(endpoint).parameters["request"]
        parameters = [
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=kind)
            for name, (kind, default, _) in _needed_first(asked)
        ]
        endpoint.__name__ = answer.__name__
        endpoint.__doc__ = _documented(inspect.getdoc(answer) or "", asked)
        endpoint.__annotations__ |= {name: kind for name, (kind, _, _) in asked.items()} | {"return": returns}
        endpoint.__dict__["__signature__"] = inspect.Signature([request_, *parameters], return_annotation=returns)
        gr.api(endpoint, api_name=answer.__name__, concurrency_id="api", concurrency_limit=CALLS)

    def _found(self, account: Account, asked: Mapping[str, Any], words: Sequence[str], *parts: str) -> Found:
        """These parts of the story, computed for one call and kept for none unless the picture is a sample."""
        classes = _classes(asked, self.models.first.templates)
        settings = _settings(asked, words, classes)
        label, about, against = (
            _label(asked, name, classes) if name in asked else None for name in ("true_class", "about", "against")
        )
        backbone = self.models.first
        recipe = self._recipe(_opened(asked["picture"])[1], classes, label, settings)
        if _elsewhere(asked):
            recipe = self._made(recipe, asked.get("clean_picture"))
        sample = recipe.attacked is None and recipe.picture.digest in self.sources.digests
        shared = self.results if sample else None
        question = account.question(backbone, recipe, about, against, shared)
        self.models.compute(question, *parts)
        return find(question, Visitor(asked=frozenset(parts)))

    def _recipe(
        self, image: Image.Image, classes: engine.Classes, label: int | None, settings: engine.Settings
    ) -> engine.story.Recipe:
        picture = engine.story.Picture(self.models.first.prepare(image, settings.picture))
        return engine.story.Recipe(picture, classes, label, settings)

    def _made(self, recipe: engine.story.Recipe, clean: object) -> engine.story.Recipe:
        """The same with its picture as one that was attacked elsewhere, made of the file `clean` where there is one."""
        attacked = recipe.picture
        if clean is None:
            return replace(recipe, attacked=attacked)
        pixels = self.models.first.prepare(_opened(clean)[1], recipe.settings.picture)
        return replace(recipe, picture=engine.story.Picture(pixels), attacked=attacked)


def _elsewhere(asked: Mapping[str, Any]) -> bool:
    """Whether a call says that its picture was attacked elsewhere."""
    said, clean = asked.get("attacked", False), asked.get("clean_picture")
    if not isinstance(said, bool):
        raise engine.EngineError(text.API_TYPE.format(name="attacked", kind="true or false", got=repr(said)[:60]))
    return said or clean is not None


def _charged(question: Question) -> float:
    """The passes of a record, which are charged: the attack, every defence of the clean and of the attacked picture."""
    names = question.settings.defences
    defended = [engine.story.Defended(name, arm) for name in names for arm in (CLEAN, ATTACKED)]
    question.charge(engine.story.Attack(), *defended)
    return engine.story.cost_of(question.story, engine.story.Attack(), *defended)


def _asking(one: engine.parameters.Parameter) -> tuple[Any, Any, str]:
    """Type, default and explanation of a parameter; the limit has none, as the usual one depends on the norm."""
    if one.kind is tuple:
        return list[str], list(one.default), one.help
    if one.known.length and one.known.none is None:
        return one.kind, None, f"{one.help}; default: {one.usual}"
    return one.kind, one.default, one.help


def _needed_first(asked: Mapping[str, tuple]) -> list[tuple[str, tuple]]:
    return sorted(asked.items(), key=lambda item: item[1][1] is not inspect.Parameter.empty)


def _documented(summary: str, asked: Mapping[str, tuple]) -> str:
    lines = [f"    {name}: {explanation}" for name, (_, _, explanation) in asked.items()]
    return "\n".join([summary, "", "Args:", *lines])


def _opened(picture: object) -> tuple[str, Image.Image]:
    """Name and content of an uploaded file. Gradio has checked where a file lies only if it is marked as one."""
    if not isinstance(picture, dict) or picture.get("meta") != {"_type": "gradio.FileData"}:
        raise engine.EngineError(text.API_FILE)
    name = picture.get("orig_name") or Path(picture["path"]).name
    return name, engine.load_picture(picture["path"]).image


def _classes(asked: Mapping[str, Any], own: Sequence[str]) -> engine.Classes:
    """The classes of a call; `own` are the model's sentences."""
    names = asked["class_names"]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        sentence = text.API_TYPE.format(name="class_names", kind="a list of names", got=repr(names)[:60])
        raise engine.EngineError(sentence)
    chosen = _text(asked, "prompt_ensemble") if "prompt_ensemble" in asked else prompts.ALONE
    return engine.Classes(tuple(names), prompts.with_more(_text(asked, "template"), chosen, own))


def _label(asked: Mapping[str, Any], name: str, classes: engine.Classes) -> int | None:
    given = _text(asked, name)
    return classes.index(given) if given else None


def _text(asked: Mapping[str, Any], name: str) -> str:
    if not isinstance(asked[name], str):
        raise engine.EngineError(text.API_TYPE.format(name=name, kind="text", got=repr(asked[name])[:60]))
    return asked[name]


def _settings(asked: Mapping[str, Any], words: Sequence[str], classes: engine.Classes) -> engine.Settings:
    return engine.parameters.to_settings({word: asked[word] for word in words if asked.get(word) is not None}, classes)
