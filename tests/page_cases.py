"""A question and the settings of a quick story, for tests of the page without a browser."""

from collections.abc import Collection

import torch

import engine
from app.choices import ATTACKED, FIRST_MAP, NO_RIVAL, NO_TARGET, Choices
from app.state.found import Found, find
from app.state.parts import PARTS, STORY, Question, rows_computed
from app.state.shown import Shown
from app.state.visitors import Visitor
from engine.parameters import parameters

CLASSES = engine.Classes(("red fish", "blue fish", "green fish"))
PAGE = {
    "class_names": "red fish\nblue fish\ngreen fish", "template": "a photo of a {}.", "prompt_ensemble": "",
    "true_class": "blue fish", "about": ATTACKED, "against": NO_RIVAL, "colours": "viridis", "cells": "patches",
    "scale": "shared", "opened_view": 1, "heads_which": "clean", "heads_order": "number",
    "opened_head": -1, "opened_patch": -1, "lens_patch": -1, "live": False, "target": NO_TARGET,
    "mosaic_left": "a-tpt", "mosaic_right": "r-tpt", "mosaic_arm": "every-defence/pgd-4",
}  # fmt: skip
QUICK = {
    "eps": 4, "steps": 3, "views": 8, "tune_steps": 2, "keep": 0.5, "neighbours": 4, "defences": ["clip", "a-tpt"],
    "map": FIRST_MAP,
}  # fmt: skip
CHOICES = Choices(**{word: one.default for word, one in parameters().items()} | PAGE | QUICK)
WHOLE = ("clean", *STORY)  # the parts of a story that has been told to its end
EVERYTHING = tuple(name for name in PARTS if name != "through")  # which takes an attack through a defence
THROUGH = CHOICES._replace(attack="adaptive", target_defence="view-average")


def picture(backbone: engine.Backbone, seed: int = 1, salt: str = "", source: str = "") -> Shown:
    """Random pixels of 8 bits, as if somebody had opened them."""
    shape = (3, backbone.image_size, backbone.image_size)
    levels = torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(seed))
    return Shown("x.png", "", (64, 64), engine.story.Picture(levels / 255, salt), source=source)


def asked(
    backbone: engine.Backbone,
    results: engine.story.Results,
    choices: Choices = CHOICES,
    shown: Shown | None = None,
    owner: str = "",
) -> Question:
    """What a visitor with these choices asks about the picture, as the page puts it together."""
    classes = choices.classes(backbone.templates)
    settings = choices.aimed(choices.settings(), classes)
    shown = picture(backbone) if shown is None else shown
    recipe = shown.recipe(classes, choices.label(classes), settings)
    return Question(engine.story.Story(backbone, recipe, results, owner), *choices.asked(classes))


def held(question: Question, parts: Collection[str], shown: Shown | None = None) -> Found:
    """What there is of these parts without computing any."""
    seen = picture(question.story.backbone) if shown is None else shown
    return find(question, Visitor("", seen, CHOICES, asked=frozenset(parts)))


def run(question: Question, parts: Collection[str] = WHOLE, shown: Shown | None = None) -> Found:
    """What there is of these parts once they are computed."""
    for name in parts:
        for _ in rows_computed(question, name):
            pass
    return held(question, parts, shown)
