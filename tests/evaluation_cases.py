"""What the tests of evaluations share: classes, a plan, an executor in this process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from engine.classes import Classes
from engine.evaluation import Plan
from engine.models import Backbone
from engine.settings import AttackSettings, Settings, TuneSettings, ViewSettings

CLASSES = Classes(("red fox", "owl", "sea star"))
PLAN = Plan(
    Settings(views=ViewSettings(count=4), tuning=TuneSettings(keep=0.5), defences=("r-tpt", "a-tpt")),
    (AttackSettings(steps=2), AttackSettings("fgsm", 8 / 255)),
    seed=5,
)
CLEAN_PLAN = Plan(Settings(defences=("clip",)), ())


@dataclass
class Here:
    """An executor with one worker: the test's own process on one thread, with a model that is loaded already."""

    backbone: Backbone
    model: str

    @contextmanager
    def start(self) -> Iterator:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        yield lambda work, items: (work(self.backbone, item) for item in items)
        torch.set_num_threads(threads)


@dataclass
class Started:
    """An executor that is at work already, and stays so."""

    model: str
    each: Callable

    @contextmanager
    def start(self) -> Iterator:
        yield self.each


def picture(seed: int, size=(70, 60)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8))


def picture_tree(parent: Path) -> Path:
    """A new folder of six pictures in three folders, one of them nested, and a folder without pictures."""
    root = parent / "pictures"
    names = ("sea_star/a.png", "sea_star/b.png", "owl/c.png", "owl/d.png", "owl/e.png", "fox/x/f.png")
    for seed, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        picture(seed).save(root / name)
    (root / "notes").mkdir()
    (root / "notes" / "read me.txt").write_text("nothing")
    return root
