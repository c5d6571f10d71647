"""Adversarial perturbations as a stream of steps; the only home of torchattacks.

An attack of torchattacks is one blocking call that tells nothing and cannot be stopped. Here it runs in a thread around
a probe that reports every forward pass into a queue; closing the generator makes the next forward pass end the thread.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np
import torch
import torch.nn.functional as F
import torchattacks
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from .augment import place
from .backbone import Backbone
from .errors import require
from .predict import check_pixels, predict
from .settings import AttackSettings, ViewSettings
from .types import Adversarial, AttackStep, Classes, Prediction

CROPS = 8


class Cancelled(Exception):
    """Nobody waits for this attack any more."""


class Probe(nn.Module):
    """Pixels (1, 3, s, s) to logits (1, c) against fixed text features, reporting each forward pass.

    The text features are its only parameter: torchattacks reads the device from it. The backbone is no submodule, so
    switching the probe between training and evaluation cannot reach the shared model.
    """

    def __init__(
        self,
        backbone: Backbone,
        text_features: Tensor,
        report: Callable[[Tensor], None],
        stop: threading.Event,
    ) -> None:
        super().__init__()
        self.backbone, self.report, self.stop = backbone, report, stop
        self.text_features = nn.Parameter(text_features, requires_grad=False)
        self.eval()

    def forward(self, pixels: Tensor) -> Tensor:
        if self.stop.is_set():
            raise Cancelled
        logits = self.look(pixels).float()
        self.report(logits.detach())
        return logits

    def look(self, pixels: Tensor) -> Tensor:
        """Logits (b, c) of pixels (b, 3, s, s)."""
        return self.backbone.logits(self.backbone.encode_image(pixels), self.text_features)


class CropProbe(Probe):
    """Answers with the mean logits of the picture and `CROPS` random crops of it, fresh at every forward pass."""

    def __init__(self, *args, seed: int) -> None:
        super().__init__(*args)
        self.rng = np.random.default_rng(seed)

    def look(self, pixels: Tensor) -> Tensor:
        height, width = pixels.shape[-2:]
        crops = [pixels]
        for _ in range(CROPS):
            top, left, rows, columns = place(height, width, self.rng, ViewSettings().crop_scale)
            part = pixels[..., top : top + rows, left : left + columns]
            crops.append(F.interpolate(part, (height, width), mode="bilinear", antialias=True))
        return super().look(torch.cat(crops)).mean(0, keepdim=True)


def pgd(probe: Probe, settings: AttackSettings) -> tuple[torchattacks.PGD, int]:
    """Projected gradient ascent from a random start (Madry et al., 2018), and its number of forward passes."""
    built = torchattacks.PGD(probe, eps=settings.epsilon, alpha=settings.step, steps=settings.steps, random_start=True)
    return built, settings.steps


def fgsm(probe: Probe, settings: AttackSettings) -> tuple[torchattacks.FGSM, int]:
    """One step of size epsilon along the gradient's sign (Goodfellow et al., 2015), and its one forward pass."""
    return torchattacks.FGSM(probe, eps=settings.epsilon), 1


Builder = Callable[[Probe, AttackSettings], tuple[torchattacks.attack.Attack, int]]


@dataclass(frozen=True, slots=True)
class Attack:
    """What a menu calls it, what the attacker knows, whether it looks through random crops, and how it is built."""

    title: str
    threat: str
    crops: bool
    build: Builder


ATTACKS: dict[str, Attack] = {
    "pgd": Attack("PGD", "white-box on the model; knows nothing of any defence", False, pgd),
    "fgsm": Attack("FGSM", "white-box on the model; knows nothing of any defence", False, fgsm),
    "pgd-crops": Attack(
        "PGD through random crops", "white-box on the model; knows that defences look at random crops", True, pgd
    ),
}


class SeededStart(TorchFunctionMode):
    """Inside this `with`, `uniform_` draws from a generator of our own, so the global generator stays untouched.

    torchattacks takes no generator. A mode holds for its own thread only, so attacks in other threads do not
    disturb each other; drawing on the CPU gives one start on every device.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.generator = torch.Generator().manual_seed(seed)

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func is not Tensor.uniform_:
            return func(*args, **(kwargs or {}))
        target, *bounds = args
        return target.copy_(torch.empty(target.shape).uniform_(*bounds, generator=self.generator))


def attack(
    backbone: Backbone, pixels: Tensor, classes: Classes, settings: AttackSettings, label: int | None = None
) -> Iterator[AttackStep | Adversarial]:
    """Push the model away from `label` (None: its own clean answer): an `AttackStep` per forward pass, then the result.

    `pixels` (3, s, s) in [0, 1]. With epsilon 0 nothing is attacked and the only item is an `Adversarial` equal to
    the clean picture. Closing the generator ends the attack at its next forward pass.
    Raises `EngineError` for pixels of another shape or range, or a label that is no class index.
    """
    check_pixels(backbone, pixels)
    require(
        label is None or 0 <= label < len(classes),
        f"Expected a label from 0 to {len(classes) - 1}; got {label}.",
    )
    clean = pixels.detach().float().cpu()
    before = predict(backbone, clean, classes)
    target = before.label if label is None else label
    perturbed, steps, seconds = clean, (), 0.0
    if settings.epsilon > 0:
        perturbed, steps, seconds = yield from _run(backbone, clean, classes, settings, target)
    saved = to_8_bits(perturbed, clean, settings.epsilon)
    yield Adversarial(
        clean=clean,
        pixels=perturbed,
        saved=saved,
        method=settings.method,
        epsilon=settings.epsilon,
        label=target,
        from_truth=label is not None,
        before=before,
        after=predict(backbone, perturbed, classes),
        after_saved=predict(backbone, saved, classes),
        steps=steps,
        seconds=seconds,
    )


def to_8_bits(pixels: Tensor, clean: Tensor, epsilon: float) -> Tensor:
    """`pixels` rounded to n/255 and clipped, in whole levels, to the ball of `epsilon` around `clean`.

    Rounding alone leaves the ball by one level where a bound falls between two levels.
    """
    middle = (clean * 255).round()
    radius = int(epsilon * 255 + 1e-6)  # whole levels; the small term keeps 4/255 * 255 from becoming 3
    levels = (pixels * 255).round().clamp(middle - radius, middle + radius)
    return levels.clamp(0, 255) / 255


def _run(
    backbone: Backbone, clean: Tensor, classes: Classes, settings: AttackSettings, label: int
) -> Generator[AttackStep, None, tuple[Tensor, tuple[AttackStep, ...], float]]:
    """Yield the steps of the attack while a thread makes them; return perturbed pixels, all steps and the seconds."""
    queue: SimpleQueue[AttackStep | tuple[Tensor, float] | Exception] = SimpleQueue()
    stop = threading.Event()
    target = torch.tensor([label], device=backbone.device)
    index = itertools.count(1)

    def report(logits: Tensor) -> None:
        loss = float(F.cross_entropy(logits, target))
        queue.put(AttackStep(next(index), total, loss, Prediction(classes, logits[0].cpu())))

    def work() -> None:
        started = time.perf_counter()
        try:
            with SeededStart(settings.seed):
                perturbed = built(clean[None], target)[0].detach().cpu()
            queue.put((perturbed, time.perf_counter() - started))
        except Exception as error:  # whatever it is, it belongs to the thread that waits
            queue.put(error)

    chosen = ATTACKS[settings.method]
    parts = (backbone, backbone.encode_text(classes), report, stop)
    probe = CropProbe(*parts, seed=settings.seed) if chosen.crops else Probe(*parts)
    built, total = chosen.build(probe, settings)
    worker = threading.Thread(target=work, name="attack", daemon=True)
    worker.start()
    steps = []
    try:
        while isinstance(item := queue.get(), AttackStep):
            steps.append(item)
            yield item
    finally:
        stop.set()
        worker.join()
    if isinstance(item, Exception):
        raise item
    perturbed, seconds = item
    return perturbed, tuple(steps), seconds
