"""Attacked pictures, made once and kept as exact 8-bit PNG files for every defence and every later run."""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
import torch
from PIL import Image
from PIL.PngImagePlugin import PngImageFile
from torch import Tensor

from ..datasets.base import Question
from ..files import make_folder, writing
from ..pictures import save_png
from ..story.graph import Story
from ..story.requests import Attack
from .plan import of_batch, of_target

ATTACKED, PART = "attacked", ".part"
NOTE = "attack"  # the PNG's text entry that tells what was done
ABANDONED = 3600  # seconds after which a half-written file belongs to nobody


def attacked(
    story: Story, question: Question, folder: Path | None, batch: int = 1
) -> tuple[Tensor, float | None, bool]:
    """The attacked 8-bit picture (3, s, s) of a question's story, the seconds that took (None: it was there), and
    whether the attack was blind, as in `Adversarial`.

    It is read from `folder` where it is `kept`, else the story's own, and kept (None: not kept). Its name is a digest
    of all that it depends on; the file itself holds the settings and a hash of its pixels, by which damage is noticed.
    """
    found = kept(story, question, folder, batch)
    if found is not None:
        pixels, blind = found
        return pixels, None, blind
    adversarial = story.result(Attack())
    if folder is not None:
        outcome = {"pixels": _hash(_levels(adversarial.saved)), "blind": adversarial.blind}
        _save(adversarial.saved, folder / _name(story, question, batch), _note(story, question, batch) | outcome)
    return adversarial.saved, adversarial.seconds, adversarial.blind


def kept(story: Story, question: Question, folder: Path | None, batch: int = 1) -> tuple[Tensor, bool] | None:
    """The attacked picture (3, s, s) that lies in `folder` whole and with all of its note, and whether the attack was
    blind; None where there is none that was attacked among so many at once.
    """
    path = None if folder is None else folder / _name(story, question, batch)
    if path is None or not path.is_file():
        return None
    levels, note = _read(path)
    if note.get("pixels") != _hash(levels) or "blind" not in note:
        return None
    return torch.from_numpy(levels).permute(2, 0, 1).float() / 255, note["blind"]


def described(story: Story, question: Question, batch: int = 1) -> dict:
    """What the manifest says of the file that `attacked` keeps: its name, and what was attacked with what settings."""
    return {"file": _name(story, question, batch), **_note(story, question, batch)}


def sweep(folder: Path, age: float = ABANDONED) -> None:
    """Delete files of at least `age` seconds that a killed run left half written."""
    for path in folder.glob(f"*{PART}"):
        with suppress(FileNotFoundError):  # another evaluation may be sweeping too
            if time.time() - path.stat().st_mtime >= age:
                path.unlink()


def _note(story: Story, question: Question, batch: int) -> dict:
    return {
        "model": story.backbone.name,
        "fingerprint": story.backbone.fingerprint,
        "picture": question.key,
        "away_from": question.classes.names[_away_from(story, question)],
        "settings": story.recipe.settings.attack.kept(),
        **of_target(story.recipe.settings),
        **of_batch(batch),
    }


def _name(story: Story, question: Question, batch: int) -> str:
    inputs = [
        story.backbone.fingerprint,
        story.recipe.settings.attack.kept(),
        question.classes.names,
        question.classes.templates,
        _away_from(story, question),
        *of_target(story.recipe.settings).values(),
        *of_batch(batch).items(),
    ]
    levels = _levels(story.recipe.picture.pixels)
    return hashlib.sha256(json.dumps(inputs).encode() + levels.tobytes()).hexdigest()[:32] + ".png"


def _away_from(story: Story, question: Question) -> int:
    """The class that the attack pushes away from: the true one, but where it goes by the model's own answer."""
    return question.label if story.recipe.label is None else story.recipe.label


def _levels(pixels: Tensor) -> np.ndarray:
    return (pixels * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()


def _hash(levels: np.ndarray) -> str:
    return hashlib.sha256(levels.tobytes()).hexdigest()


def _read(path: Path) -> tuple[np.ndarray, dict]:
    """Levels (s, s, 3) and the note of a kept file; zeros and no note where it is damaged."""
    try:
        with Image.open(path, formats=("PNG",)) as image:
            image.load()
            notes = image.text if isinstance(image, PngImageFile) else {}
            return np.array(image.convert("RGB")), json.loads(notes.get(NOTE, "{}"))
    except (OSError, SyntaxError, ValueError):
        return np.zeros((1, 1, 3), np.uint8), {}


def _save(pixels: Tensor, path: Path, note: dict) -> None:
    """Write the file atomically: whole or not at all, also when killed."""
    make_folder(path.parent)
    with writing(path.parent):
        with NamedTemporaryFile(dir=path.parent, suffix=PART, delete=False) as file:
            save_png(pixels.numpy(), file.name, {NOTE: json.dumps(note)})
        os.replace(file.name, path)
