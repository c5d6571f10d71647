"""The API of the page: eleven named endpoints that answer with what the command line prints for `--json`.

They keep nothing between calls but what is computed on the page's own samples, which the page shares with them, and
take turns with it, address by address. What they ask for beside the picture and its classes are parameters of the
engine, with the words and units of the command line.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr
from gradio import FileData
from PIL import Image

import engine
from app import prompts
from app.components.argument import Argument
from app.components.controls import shown
from app.figures.pictures import to_uint8
from app.models import Models
from app.picture_sources import PictureSources
from app.present import present
from app.state.found import Found, find
from app.state.parts import ATTACKED, CLEAN, Account, Question
from app.state.visitors import Visitor
from app.sweep import MOST_SEEDS
from app.sweeping import begun, points
from app.text import words as text
from app.transferring import answered


@dataclass(frozen=True, slots=True)
class Asked:
    """An argument: its type, what it is, an example, its default, None for none, and the values that it may have, empty
    for any; whether it must be given."""

    kind: Any
    explained: str
    example: Any
    default: Any = None
    choices: tuple[str, ...] = ()
    needed: bool = False


ATTACK = engine.parameters.words("attack")
PICTURE = engine.parameters.words("picture")
ANSWER = engine.parameters.words("answer")
LENS = engine.parameters.words("lens")
MAPS = (*ATTACK, *(word for word in engine.parameters.words("attention") if word not in ATTACK))
STORY = engine.parameters.STORY
RECORD = tuple(word for word in STORY if not engine.parameters.parameters()[word].known.recipe)
MOST_OTHERS = 4  # models that answer beside the attacked one
ASKED = {  # what endpoints ask beside the engine's parameters
    "picture": Asked(FileData, "an image file, as handle_file(PATH)", "https://example.org/bird.png", needed=True),
    "class_names": Asked(
        list[str], "the answers it may give: two or more, each another; of /places three or more",
        ["blue bird", "red bird", "green bird"], needed=True,
    ),
    "clean_picture": Asked(
        FileData | None, "what the picture was made of, an image file, where it was attacked elsewhere", None
    ),
    "attacked": Asked(
        bool, "whether the picture was attacked elsewhere; without clean_picture, its clean one is unknown", True, False
    ),
    "template": Asked(
        str, "the sentence that each name is put into, with one {}", "a painting of a {}.",
        engine.classes.DEFAULT_TEMPLATE,
    ),
    "prompt_ensemble": Asked(
        str,
        f"more sentences to average: {prompts.OWN}, the model's own set, or {prompts.EIGHTY}, OpenAI's; empty: none",
        prompts.OWN, "", (prompts.ALONE, prompts.OWN, prompts.EIGHTY)
    ),
    "true_class": Asked(str, "what the picture shows, one of class_names; empty: the clean answer", "blue bird", ""),
    "about": Asked(str, "the class the maps are about, one of class_names; empty: the true class", "red bird", ""),
    "against": Asked(str, "the class it is held against, one of class_names; empty: none", "blue bird", ""),
    "seeds": Asked(
        int, f"with how many seeds each limit is attacked, from `seed` on (1 to {MOST_SEEDS})", 1,
        engine.story.USUAL_SEEDS,
    ),
    "answer_with": Asked(
        list[str], f"the models that answer beside it, named as model is (1 to {MOST_OTHERS}), each another",
        ["fieldguide@168"], needed=True,
    ),
    "model": Asked(
        str,
        "the model that answers: a name of the page's menu, or any that `atpt --model` takes where the page serves its"
        " own machine only; empty: the one that the page opened with. The first call fetches it",
        "ViT-B-32/openai", "",
    ),
}  # fmt: skip
EXAMPLES = {"target": "red bird", "domain_word": "sketch", "purifier": "ttc", "eps": 4.0}  # where a default says little
Returned = tuple[str, Any]
NUMBERS: Returned = ("numbers", dict)
FILE: Returned = ("attacked_png", FileData)
CALLS = 40  # under way at once; others wait
QUESTION = ("picture", "class_names", "template", "prompt_ensemble")
MODEL = ("model",)  # last, so that arguments that are given by their place stay where they were
ELSEWHERE = ("attacked", "clean_picture")


class Api:
    """The endpoints for the first of `models`, or another that a call names. Every refusal is one sentence.

    What is computed takes part in the turns of the page's `results`, and is charged in `budget`, as that of the address
    a call comes from. `sources` has the samples; only what the first model computes on these, and what others answer to
    its attacks on them, is kept in `results`.
    """

    def __init__(
        self, models: Models, sources: PictureSources, results: engine.story.Results, budget: engine.story.Budget
    ) -> None:
        self.models, self.sources, self.results, self.budget = models, sources, results, budget
        self._offer(self.predict, [NUMBERS], (*QUESTION, *ELSEWHERE), (*PICTURE, *ANSWER))
        self._offer(self.attack, [NUMBERS, FILE], (*QUESTION, "true_class"), (*ATTACK, *PICTURE))
        self._offer(self.maps, [NUMBERS], (*QUESTION, *ELSEWHERE, "true_class", "about", "against"), (*MAPS, *PICTURE))
        self._offer(self.defend, [NUMBERS], (*QUESTION, *ELSEWHERE, "true_class"), (*STORY, *PICTURE))
        self._offer(self.lens, [NUMBERS], (*QUESTION, *ELSEWHERE, "true_class"), (*ATTACK, *LENS, *PICTURE))
        self._offer(self.survive, [NUMBERS], (*QUESTION, *ELSEWHERE, "true_class"), (*ATTACK, *PICTURE))
        self._offer(self.detect, [NUMBERS], (*QUESTION, *ELSEWHERE, "true_class"), (*ATTACK, *PICTURE))
        self._offer(self.transfer, [NUMBERS], (*QUESTION, "true_class", "answer_with"), (*ATTACK, *PICTURE))
        self._offer(self.places, [NUMBERS], (*QUESTION, *ELSEWHERE, "true_class"), (*STORY, *PICTURE))
        self._offer(self.sweep, [NUMBERS], (*QUESTION, "true_class", "seeds"), (*STORY, *PICTURE))
        self._offer(self.evaluate_one, [NUMBERS], (*QUESTION, "true_class"), (*RECORD, *PICTURE))

    def predict(self, account: Account, asked: Mapping[str, Any]) -> dict:
        """What the untouched model takes the picture for, whether it knows such pictures, and whether it is “none of
        these”, where that may be; of one that was attacked elsewhere also what there is to know of that."""
        if _elsewhere(asked):
            found = self._found(account, asked, (*PICTURE, *ANSWER), "adversarial")
            hit = present(found.adversarial)
            return {"attack": engine.serialise.attack_data(hit)} | _answered(found, hit.after_saved)
        found = self._found(account, asked, (*PICTURE, *ANSWER))
        return _answered(found, present(found.clean))

    def attack(self, account: Account, asked: Mapping[str, Any]) -> tuple[dict, FileData]:
        """Change the picture, within a limit where the attack has one, so that the answer turns: numbers, and the
        attacked PNG file."""
        found = self._found(account, asked, (*ATTACK, *PICTURE), "adversarial")
        hit = present(found.adversarial)
        numbers = {"attack": engine.serialise.attack_data(hit)} | _known(found)
        return numbers, FileData(path=shown(to_uint8(hit.saved)))

    def maps(self, account: Account, asked: Mapping[str, Any]) -> dict:
        """Where the model finds evidence for the class, in the clean and in the attacked picture."""
        found = self._found(account, asked, (*MAPS, *PICTURE), "adversarial", "maps")
        pair = present(found.maps)
        drawn = {"maps": engine.serialise.maps_data([(pair.clean, pair.attacked)])}
        return {"attack": engine.serialise.attack_data(present(found.adversarial))} | drawn | _known(found)

    def defend(self, account: Account, asked: Mapping[str, Any]) -> dict:
        """The whole story of one picture: attack, views, tuning, and the answer of every defence."""
        found = self._found(account, asked, (*STORY, *PICTURE), "adversarial", "steps", "ensemble", "defences")
        defended = engine.serialise.defence_data(list(found.steps), present(found.ensemble), list(found.defences))
        return {"attack": engine.serialise.attack_data(present(found.adversarial))} | defended | _known(found)

    def lens(self, account: Account, asked: Mapping[str, Any]) -> dict:
        """Which class the class token and every patch fit best after every layer: in the clean picture, in the attacked
        one and under noise as large as the change, and which share of the patches the attack and the noise change."""
        found = self._found(account, asked, (*ATTACK, *LENS, *PICTURE), "lens")
        return {"lens": engine.story.lens_data(present(found.lens), present(found.classes).names)} | _known(found)

    def survive(self, account: Account, asked: Mapping[str, Any]) -> dict:
        """What becomes of the attack behind compression, resizing, crops, blur, a screenshot, grey and print: the
        answers to the clean and to the attacked picture, change by change, and how each ends."""
        found = self._found(account, asked, (*ATTACK, *PICTURE), "survival")
        return {"survival": engine.story.survival_data(present(found.survival))} | _known(found)

    def detect(self, account: Account, asked: Mapping[str, Any]) -> dict:
        """Whether one could tell that the picture was attacked: the scores of the clean and the attacked picture, of
        harmless noise as large, and of an attack that knows the scores; and, where many pictures were scored on this
        model, how these tell attacked from clean ones."""
        found = self._found(account, asked, (*ATTACK, *PICTURE), "detection")
        data = engine.story.detection_data(present(found.detection))
        known = engine.evaluation.references(present(found.detection).fingerprint)
        return {"detection": data, "known": engine.evaluation.reference_data(known)} | _known(found)

    def transfer(self, account: Account, asked: Mapping[str, Any]) -> dict:
        """Whether the attack made on one model fools others: what each answers to the clean picture, to the attacked
        one and under as much random noise, with the same classes and sentences, and how that ends."""
        base = self._question(account, asked, (*ATTACK, *PICTURE))
        names = asked["answer_with"]
        if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
            kind = "a list of names of models"
            raise engine.EngineError(text.API_TYPE.format(name="answer_with", kind=kind, got=repr(names)[:60]))
        own = base.story.backbone.name
        if not 1 <= len(names) <= MOST_OTHERS or len({*names, own}) <= len(names):
            raise engine.EngineError(text.API_OTHERS.format(most=MOST_OTHERS, own=own, got=", ".join(names)[:80]))
        others = [self._loaded(name) for name in names]
        found = self._computed(base, "clean", "adversarial")
        row = answered(self.models, base, others)
        (data,) = engine.story.transfer_data([row])
        return {"transfer": data} | _known(found)

    def places(self, account: Account, asked: Mapping[str, Any]) -> dict:
        """Where the clean and the attacked picture, all views and the answers before and after tuning lie on the plane
        of three sentences, and by how many logits the first of these leads the second there."""
        found = self._found(account, asked, (*STORY, *PICTURE), "placed")
        data = engine.story.places_data(present(found.placed), present(found.classes).names)
        return {"places": data} | _known(found)

    def sweep(self, account: Account, asked: Mapping[str, Any]) -> dict:
        """The picture attacked at 0, 1, 2, 4, 8 and 16 of 255, with norm l2 at 0 to 4 times the usual length, each with
        several seeds: by how much every defence leads, point by point, and limit by limit how often it is right."""
        seeds = asked["seeds"]
        if not isinstance(seeds, int) or isinstance(seeds, bool) or not 1 <= seeds <= MOST_SEEDS:
            kind = text.API_WHOLE.format(low=1, high=MOST_SEEDS)
            raise engine.EngineError(text.API_TYPE.format(name="seeds", kind=kind, got=repr(seeds)[:60]))
        base = self._question(account, asked, (*STORY, *PICTURE))
        known = _known(self._computed(base, "clean"))
        *_, swept = points(self.models, base, begun(base, base.settings, seeds), seeds, account)
        return engine.story.sweep_data(swept.points, swept.settings) | known

    def evaluate_one(self, account: Account, asked: Mapping[str, Any]) -> dict:
        """One record of an evaluation: every defence's answer to the clean and to the attacked picture, right or wrong;
        it needs the true class."""
        backbone = self._backbone(asked)
        classes = _classes(asked, backbone.templates)
        settings = _settings(asked, (*RECORD, *PICTURE), classes)
        plan = engine.evaluation.Plan(settings, (settings.attack,), settings.attack.seed)
        name, image = _opened(asked["picture"])
        question = engine.datasets.Question(name, image, classes, classes.index(_text(asked, "true_class")))
        recipe = self._recipe(backbone, image, classes, question.label, settings)
        passes = _charged(account.question(backbone, recipe))
        return self.models.answer(backbone, question, plan, account, passes).record

    def _offer(self, answer: Callable, returns: Sequence[Returned], asks: Sequence[str], words: Sequence[str]) -> None:
        """Register an endpoint named like `answer`, which asks `asks` and the engine's parameters `words`."""
        known = engine.parameters.parameters()
        asked = {name: ASKED[name] for name in asks} | {word: _asking(known[word]) for word in words}
        asked = dict(_needed_first(asked | {name: ASKED[name] for name in MODEL}))

        def endpoint(request: gr.Request, *given: object) -> object:
            account = Account(f"address {present(request.client).host}", self.results.turns, self.budget)
            try:
                return answer(account, dict(zip(asked, given, strict=True)))
            except engine.EngineError as error:
                raise gr.Error(str(error), print_exception=False) from error
            except Exception as error:  # into the server's log
                raise gr.Error(text.FAULT) from error

        request_ = inspect.signature(endpoint).parameters["request"]
        parameters = [
            inspect.Parameter(
                name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=one.kind,
                default=inspect.Parameter.empty if one.needed else one.default,
            )
            for name, one in asked.items()
        ]  # fmt: skip
        endpoint.__name__ = answer.__name__
        endpoint.__doc__ = _documented(inspect.getdoc(answer) or "", asked)
        endpoint.__annotations__ |= {name: one.kind for name, one in asked.items()}
        endpoint.__dict__["__signature__"] = inspect.Signature([request_, *parameters])
        gr.on(
            [], endpoint,
            [
                Argument(name, one.kind, one.choices, one.default, _explained(one), one.example)
                for name, one in asked.items()
            ],
            [Argument(*one) for one in returns], api_name=answer.__name__, preprocess=False, postprocess=False,
            show_progress="hidden", concurrency_id="api", concurrency_limit=CALLS,
        )  # fmt: skip

    def _backbone(self, asked: Mapping[str, Any]) -> engine.Backbone:
        """The model of a call; what the page's visitors use stays as it is."""
        return self._loaded(_text(asked, "model") if asked.get("model") else "")

    def _loaded(self, name: str) -> engine.Backbone:
        """A model, fetched where it is not here yet."""
        if name and not self.models.ready(name):
            with closing(self.models.fetch(name)) as pieces:
                for _ in pieces:
                    pass
        return self.models.backbone(name)

    def _found(self, account: Account, asked: Mapping[str, Any], words: Sequence[str], *parts: str) -> Found:
        """The clean answer and these parts of the story, computed for one call."""
        return self._computed(self._question(account, asked, words), "clean", *parts)

    def _computed(self, question: Question, *parts: str) -> Found:
        self.models.compute(question, *parts)
        return find(question, Visitor(asked=frozenset(parts)))

    def _question(self, account: Account, asked: Mapping[str, Any], words: Sequence[str]) -> Question:
        """What a call asks; what it finds is kept for no other unless the picture is a sample that the page's own model
        is asked about."""
        backbone = self._backbone(asked)
        classes = _classes(asked, backbone.templates)
        settings = _settings(asked, words, classes)
        label, about, against = (
            _label(asked, name, classes) if name in asked else None for name in ("true_class", "about", "against")
        )
        recipe = self._recipe(backbone, _opened(asked["picture"])[1], classes, label, settings)
        if _elsewhere(asked):
            recipe = self._made(backbone, recipe, asked.get("clean_picture"))
        own = backbone is self.models.first
        sample = own and recipe.attacked is None and recipe.picture.digest in self.sources.digests
        shared = self.results if sample else None
        return account.question(backbone, recipe, about, against, shared)

    @staticmethod
    def _recipe(
        backbone: engine.Backbone,
        image: Image.Image,
        classes: engine.Classes,
        label: int | None,
        settings: engine.Settings,
    ) -> engine.story.Recipe:
        picture = engine.story.Picture(backbone.prepare(image, settings.picture))
        return engine.story.Recipe(picture, classes, label, settings)

    @staticmethod
    def _made(backbone: engine.Backbone, recipe: engine.story.Recipe, clean: object) -> engine.story.Recipe:
        """The same with its picture as one that was attacked elsewhere, made of the file `clean` where there is one."""
        attacked = recipe.picture
        if clean is None:
            return replace(recipe, attacked=attacked)
        pixels = backbone.prepare(_opened(clean)[1], recipe.settings.picture)
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


def _answered(found: Found, answer: engine.Prediction) -> dict:
    """An answer, whether it is “none of these”, and whether the model knows such pictures."""
    none = engine.serialise.none_data(answer, found.answer)
    return {"prediction": engine.serialise.prediction_data(answer), "none_of_these": none} | _known(found)


def _known(found: Found) -> dict:
    """Whether the model knows pictures like this one."""
    return {"familiarity": engine.serialise.familiarity_data(present(found.clean).familiarity)}


def _asking(one: engine.parameters.Parameter) -> Asked:
    """A parameter as an argument; the limit has no default, as the usual one depends on the norm."""
    example = EXAMPLES.get(one.word, one.default)
    if one.kind is tuple:
        return Asked(list[str], one.help, list(one.default), list(one.default), one.choices)
    help = one.help + (f", in {one.unit}" if one.unit else "")
    if one.known.length and one.known.none is None:
        return Asked(one.kind, f"{help}; default: {one.usual}", example)
    named = one.choices and not example
    return Asked(one.kind, help, next(filter(None, one.choices)) if named else example, one.default, one.choices)


def _explained(one: Asked) -> str:
    """What it is, with an example."""
    return one.explained + ("" if one.example is None else f". Example: {one.example!r}")


def _needed_first(asked: Mapping[str, Asked]) -> list[tuple[str, Asked]]:
    return sorted(asked.items(), key=lambda item: not item[1].needed)


def _documented(summary: str, asked: Mapping[str, Asked]) -> str:
    return "\n".join([summary, "", "Args:", *(f"    {name}: {_explained(one)}" for name, one in asked.items())])


def _opened(picture: object) -> tuple[str, Image.Image]:
    """Name and content of an uploaded file. Gradio has checked where a file lies only if it is marked as one."""
    if not isinstance(picture, dict) or picture.get("meta") != {"_type": "gradio.FileData"}:
        raise engine.EngineError(text.API_FILE)
    if not isinstance(picture.get("path"), str):
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
