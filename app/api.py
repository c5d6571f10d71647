"""The API of the page: five named endpoints that answer with what the command line prints for `--json`.

They keep nothing between calls and share the one queue of the model with the page.
"""

from __future__ import annotations

import math
from pathlib import Path

import gradio as gr
from gradio import FileData
from PIL import Image

import engine
from app.components.controls import shown
from app.figures.pictures import to_uint8
from app.run import Worker
from app.text import words as text

DEFENCES = list(engine.Settings().defences)
DEFAULTS = engine.AttackSettings()
EPS, STEPS = DEFAULTS.epsilon * 255, DEFAULTS.steps
VIEWS = engine.ViewSettings().count


class Api:
    """The endpoints for one backbone. Every refusal is one sentence of the engine's.

    `eps` is in levels of 1/255. Without `true_class` attacks work against the clean answer.
    """

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        for endpoint in (self.predict, self.attack, self.maps, self.defend, self.evaluate_one):
            gr.api(endpoint, api_name=endpoint.__name__, concurrency_id="model", concurrency_limit=1)

    def predict(
        self, picture: FileData, class_names: list[str], template: str = engine.classes.DEFAULT_TEMPLATE
    ) -> dict:
        """What the untouched model takes the picture for.

        Args:
            picture: an image file
            class_names: the answers it may give, at least two
            template: the sentence that each name is put into, with one {}
        """
        with _Sentences():
            classes = _classes(class_names, template)
            answer = self.worker.one("predict", self._pixels(_opened(picture)), classes)
            return {"prediction": engine.serialise.prediction_data(answer)}

    def attack(
        self,
        picture: FileData,
        class_names: list[str],
        true_class: str = "",
        attack: str = DEFAULTS.attack,
        eps: float = EPS,
        steps: int = STEPS,
        seed: int = 0,
        template: str = engine.classes.DEFAULT_TEMPLATE,
        norm: str = DEFAULTS.norm,
        target: str = "",
        target_defence: str = DEFAULTS.target_defence,
    ) -> tuple[dict, FileData]:
        """Change the picture within a limit so that the answer turns: numbers, and the attacked PNG file.

        Args:
            picture: an image file
            class_names: the answers the model may give, at least two
            true_class: what the picture shows; empty: the clean answer
            attack: the name of an attack, as `python -m engine attack --attack`
            eps: largest change of a channel, in levels of 255; with the norm l2 the length of the change
            steps: iterations of the attack
            seed: of the attack's random start
            template: the sentence that each name is put into, with one {}
            norm: linf or l2
            target: the class to reach; empty: away from the true class, wherever to
            target_defence: the defence that the adaptive attack goes through
        """
        with _Sentences():
            classes = _classes(class_names, template)
            settings = _settings(classes, attack, eps, steps, seed, norm, target, target_defence)
            hit = self._attacked(_opened(picture), classes, settings, _label(classes, true_class))
            return {"attack": engine.serialise.attack_data(hit)}, FileData(path=shown(to_uint8(hit.saved)))

    def maps(
        self,
        picture: FileData,
        class_names: list[str],
        true_class: str = "",
        map: str = engine.AttentionSettings().map,
        attack: str = DEFAULTS.attack,
        eps: float = EPS,
        steps: int = STEPS,
        seed: int = 0,
        template: str = engine.classes.DEFAULT_TEMPLATE,
        norm: str = DEFAULTS.norm,
        target: str = "",
        target_defence: str = DEFAULTS.target_defence,
        about: str = "",
        against: str = "",
    ) -> dict:
        """Where the model finds evidence for the class, in the clean and in the attacked picture.

        Args:
            picture: an image file
            class_names: the answers the model may give, at least two
            true_class: what the picture shows; empty: the clean answer
            map: the name of a map, as `python -m engine maps --map`
            attack: the name of an attack
            eps: largest change of a channel, in levels of 255; with the norm l2 the length of the change
            steps: iterations of the attack
            seed: of the attack's random start
            template: the sentence that each name is put into, with one {}
            norm: linf or l2
            target: the class the attack is to reach; empty: away from the true class, wherever to
            target_defence: the defence that the adaptive attack goes through
            about: the class the maps are about; empty: the true class
            against: the class it is held against; empty: none
        """
        with _Sentences():
            classes, looking = _classes(class_names, template), engine.AttentionSettings(map=_word(map, "map"))
            settings = _settings(classes, attack, eps, steps, seed, norm, target, target_defence)
            rival = _label(classes, against, "against")
            hit = self._attacked(_opened(picture), classes, settings, _label(classes, true_class))
            label = _label(classes, about, "about")
            asked = (hit.label if label is None else label, rival)
            pair = tuple(
                self.worker.one("attend", pixels, classes, looking, *asked) for pixels in (hit.clean, hit.saved)
            )
            return {"attack": engine.serialise.attack_data(hit), "maps": engine.serialise.maps_data([pair])}

    def defend(
        self,
        picture: FileData,
        class_names: list[str],
        true_class: str = "",
        defences: list[str] = DEFENCES,
        views: int = VIEWS,
        attack: str = DEFAULTS.attack,
        eps: float = EPS,
        steps: int = STEPS,
        seed: int = 0,
        template: str = engine.classes.DEFAULT_TEMPLATE,
        norm: str = DEFAULTS.norm,
        target: str = "",
        target_defence: str = DEFAULTS.target_defence,
    ) -> dict:
        """The whole story of one picture: attack, views, tuning, and the answer of every defence.

        Args:
            picture: an image file
            class_names: the answers the model may give, at least two
            true_class: what the picture shows; empty: the clean answer
            defences: names of defences, as `python -m engine defend --defence`
            views: how many views of the picture are made
            attack: the name of an attack
            eps: largest change of a channel, in levels of 255; with the norm l2 the length of the change; 0: no attack
            steps: iterations of the attack
            seed: of attack and views
            template: the sentence that each name is put into, with one {}
            norm: linf or l2
            target: the class the attack is to reach; empty: away from the true class, wherever to
            target_defence: the defence that the adaptive attack goes through
        """
        with _Sentences():
            classes = _classes(class_names, template)
            attacking = _settings(classes, attack, eps, steps, seed, norm, target, target_defence)
            settings = _story(defences, views, attacking, seed)
            pixels, label = self._pixels(_opened(picture)), _label(classes, true_class)
            told: dict[str, list] = {}
            for stage in self.worker.stream("explore", pixels, classes, settings, label):
                told.setdefault(stage.name, []).append(stage.result)
            (hit,), (ensemble,) = told["attacked"], told["ensemble"]
            defended = engine.serialise.defence_data(told["tune-step"], ensemble, told["defence"])
            return {"attack": engine.serialise.attack_data(hit)} | defended

    def evaluate_one(
        self,
        picture: FileData,
        class_names: list[str],
        true_class: str,
        defences: list[str] = DEFENCES,
        views: int = VIEWS,
        attack: str = DEFAULTS.attack,
        eps: float = EPS,
        steps: int = STEPS,
        seed: int = 0,
        template: str = engine.classes.DEFAULT_TEMPLATE,
        norm: str = DEFAULTS.norm,
        target: str = "",
        target_defence: str = DEFAULTS.target_defence,
    ) -> dict:
        """One record of an evaluation: every defence's answer to the clean and to the attacked picture, right or wrong.

        Args:
            picture: an image file
            class_names: the answers the model may give, at least two
            true_class: what the picture shows
            defences: names of defences, as `python -m engine evaluate --defence`
            views: how many views of the picture are made
            attack: the name of an attack
            eps: largest change of a channel, in levels of 255; with the norm l2 the length of the change
            steps: iterations of the attack
            seed: of attack and views
            template: the sentence that each name is put into, with one {}
            norm: linf or l2
            target: the class the attack is to reach; empty: away from the true class, wherever to
            target_defence: the defence that the adaptive attack goes through
        """
        with _Sentences():
            classes = _classes(class_names, template)
            attacking = _settings(classes, attack, eps, steps, seed, norm, target, target_defence)
            plan = engine.evaluation.Plan(_story(defences, views, attacking, seed), (attacking,), attacking.seed)
            name, image = _opened(picture)
            question = engine.datasets.Question(name, image, classes, classes.index(_word(true_class, "true_class")))
            return self.worker.one("answer_question", question, 0, plan).record

    def _pixels(self, opened: tuple[str, Image.Image]):
        return self.worker.backbone.prepare(opened[1])

    def _attacked(
        self,
        opened: tuple[str, Image.Image],
        classes: engine.Classes,
        settings: engine.AttackSettings,
        label: int | None,
    ) -> engine.Adversarial:
        return self.worker.one("attack", self._pixels(opened), classes, settings, label)


class _Sentences:
    """Turns the engine's refusals into answers that a client sees as they are."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, engine.EngineError):
            raise gr.Error(str(error), print_exception=False) from error


def _opened(picture: object) -> tuple[str, Image.Image]:
    """Name and content of an uploaded file. Gradio has checked where a file lies only if it is marked as one."""
    if not isinstance(picture, dict) or picture.get("meta") != {"_type": "gradio.FileData"}:
        raise engine.EngineError(text.API_FILE)
    name = picture.get("orig_name") or Path(picture["path"]).name
    return name, engine.load_picture(picture["path"]).image


def _classes(names: object, template: object) -> engine.Classes:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise engine.EngineError(text.API_TYPE.format(name="class_names", kind="a list of names", got=_short(names)))
    return engine.Classes(tuple(names), (_word(template, "template"),))


def _label(classes: engine.Classes, name: object, argument: str = "true_class") -> int | None:
    return classes.index(name) if _word(name, argument) else None


def _settings(
    classes: engine.Classes,
    attack: object,
    eps: object,
    steps: object,
    seed: object,
    norm: object,
    target: object,
    target_defence: object,
) -> engine.AttackSettings:
    return engine.AttackSettings(
        attack=_word(attack, "attack"),
        epsilon=_number(eps, "eps") / (1 if norm == "l2" else 255),
        steps=_whole(steps, "steps"),
        seed=_whole(seed, "seed"),
        norm=_word(norm, "norm"),
        target=_label(classes, target, "target"),
        target_defence=_word(target_defence, "target_defence"),
    )


def _story(defences: object, views: object, attack: engine.AttackSettings, seed: object) -> engine.Settings:
    known = isinstance(defences, list) and defences and all(name in engine.DEFENCES for name in defences)
    if not known:
        kind = f"a list of names among {', '.join(engine.DEFENCES)}"
        raise engine.EngineError(text.API_TYPE.format(name="defences", kind=kind, got=_short(defences)))
    viewing = engine.ViewSettings(count=_whole(views, "views"), seed=_whole(seed, "seed"))
    return engine.Settings(attack=attack, views=viewing, defences=tuple(defences))


def _word(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise engine.EngineError(text.API_TYPE.format(name=name, kind="text", got=_short(value)))
    return value


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise engine.EngineError(text.API_TYPE.format(name=name, kind="a number", got=_short(value)))
    return value


def _whole(value: object, name: str) -> int:
    if _number(value, name) != int(value):
        raise engine.EngineError(text.API_TYPE.format(name=name, kind="a whole number", got=_short(value)))
    return int(value)


def _short(value: object) -> str:
    return repr(value)[:60]
