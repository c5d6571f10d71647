"""What the tests of evaluations share: classes, a plan, an executor in this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

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


def picture(seed: int, size=(70, 60)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8))
