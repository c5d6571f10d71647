"""One picture answered by every method in every arm: a record, and the attacked pictures kept for the next method."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import NamedTemporaryFile

import torch
from torch import Tensor

from ..attacks import attack
from ..backbone import Backbone
from ..defend import defend
from ..pictures import load_picture, save_png
from ..settings import AttackSettings
from ..types import Prediction
from .plan import CLEAN, Plan, arm_name
from .sources import Question


def answer_question(
    backbone: Backbone, question: Question, index: int, plan: Plan, cache: Path | None = None
) -> dict:
    """The record of one picture, as plain data with numbers rounded to six digits.

    Attacked pictures are read from `cache` where they are, else made and kept there (None: not kept). They are exact
    8-bit PNG files, named by all that they depend on.
    """
    pixels = backbone.prepare(question.image)
    arms = {CLEAN: pixels}
    for wanted in plan.attacks:
        seeded = replace(wanted, seed=plan.seed_for(index))
        arms[arm_name(wanted)] = _attacked(backbone, pixels, question, seeded, cache)
    told = {}
    for name, picture in arms.items():
        defences = defend(backbone, picture, question.classes, plan.settings_for(index, name))
        told[name] = {d.method: _answer(d.prediction, question.label) for d in defences}
    names = question.classes.names
    return {"index": index, "key": question.key, "group": question.group, "truth": names[question.label], "arms": told}


def _answer(prediction: Prediction, label: int) -> dict:
    return {
        "answer": prediction.name,
        "right": prediction.label == label,
        "confidence": round(prediction.confidence, 6),
        "entropy": round(prediction.entropy, 6),
    }


def _attacked(
    backbone: Backbone, pixels: Tensor, question: Question, settings: AttackSettings, cache: Path | None
) -> Tensor:
    """The 8-bit attacked picture (3, s, s), away from the true label."""
    kept = None if cache is None else cache / f"{_digest(backbone, pixels, question, settings)}.png"
    if kept is not None and kept.is_file():
        return backbone.prepare(load_picture(kept).image)
    *_, adversarial = attack(backbone, pixels, question.classes, settings, question.label)
    if kept is not None:
        _save(adversarial.saved, kept)
    return adversarial.saved


def _digest(backbone: Backbone, pixels: Tensor, question: Question, settings: AttackSettings) -> str:
    """Of everything that an attacked picture depends on."""
    told = [backbone.fingerprint, asdict(settings), question.classes.names, question.classes.templates, question.label]
    exact = (pixels * 255).round().to(torch.uint8).numpy().tobytes()
    return hashlib.sha256(json.dumps(told).encode() + exact).hexdigest()[:32]


def _save(pixels: Tensor, path: Path) -> None:
    """Whole or not at all, also when killed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        save_png(pixels.numpy(), file.name)
    os.replace(file.name, path)
