"""A question and the settings of a quick story, for tests of the page without a browser."""

import engine
from app.choices import ATTACKED, NO_RIVAL, NO_TARGET, Choices
from engine.parameters import parameters

CLASSES = engine.Classes(("red fish", "blue fish", "green fish"))
PAGE = {
    "class_names": "red fish\nblue fish\ngreen fish", "template": "a photo of a {}.", "prompt_ensemble": False,
    "true_class": "blue fish", "about": ATTACKED, "against": NO_RIVAL, "colours": "viridis", "cells": "patches",
    "scale": "shared", "opened_view": 1, "target": NO_TARGET,
}  # fmt: skip
QUICK = {
    "eps": 4, "steps": 3, "views": 8, "tune_steps": 2, "keep": 0.5, "neighbours": 4, "defences": ["clip", "a-tpt"],
}  # fmt: skip
CHOICES = Choices(**{word: one.default for word, one in parameters().items()} | PAGE | QUICK)
