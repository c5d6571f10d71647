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
from functools import partial
from queue import SimpleQueue

import torch
import torch.nn.functional as F
import torchattacks
from torch import Tensor
from torch.overrides import TorchFunctionMode

from .adaptive import RecipeProbe
from .backbone import Backbone
from .errors import require
from .methods import METHODS
from .predict import check_pixels, predict
from .probes import CropProbe, Probe, ViewProbe
from .settings import AttackSettings
from .types import Adversarial, AttackStep, Classes, Prediction

Run = Callable[[Tensor, Tensor], Tensor]  # pixels (1, 3, s, s) and label (1,) -> perturbed pixels


def pgd(probe: Probe, settings: AttackSettings) -> tuple[Run, int]:
    """Projected gradient ascent from a random start (Madry et al., 2018), and its number of forward passes."""
    built = torchattacks.PGD(probe, eps=settings.epsilon, alpha=settings.step, steps=settings.steps, random_start=True)
    return built, settings.steps


def fgsm(probe: Probe, settings: AttackSettings) -> tuple[Run, int]:
    """One step of size epsilon along the gradient's sign (Goodfellow et al., 2015), and its one forward pass."""
    return torchattacks.FGSM(probe, eps=settings.epsilon), 1


def mi_fgsm(probe: Probe, settings: AttackSettings) -> tuple[Run, int]:
    """Sign steps along a gradient with momentum 1, from the picture itself (Dong et al., 2018)."""
    built = torchattacks.MIFGSM(probe, eps=settings.epsilon, alpha=settings.step, steps=settings.steps, decay=1.0)
    return built, settings.steps


def apgd(probe: Probe, settings: AttackSettings, loss: str) -> tuple[Run, int]:
    """Ascent that sets its own step size and starts again from its best point (Croce & Hein, 2020); no step size.

    Runs its one restart directly: the package's own entry would seed the global generator and let pictures that are
    wrong already pass unattacked.
    """
    built = torchattacks.APGD(probe, norm="Linf", eps=settings.epsilon, steps=settings.steps, loss=loss)
    return lambda pixels, label: built.attack_single_run(pixels, label)[3], settings.steps + 1


Builder = Callable[[Probe, AttackSettings], tuple[Run, int]]
UNAWARE = "white-box on the model; knows nothing of any defence"


@dataclass(frozen=True, slots=True)
class Attack:
    """What a menu calls it, what the attacker knows, how it is built and what it looks through.

    `least` is how many classes its loss needs. An attack that looks through `RecipeProbe` has a defence as its model.
    """

    title: str
    threat: str
    build: Builder
    eyes: type[Probe] = Probe
    least: int = 2


ATTACKS: dict[str, Attack] = {
    "pgd": Attack("PGD", UNAWARE, pgd),
    "fgsm": Attack("FGSM", UNAWARE, fgsm),
    "mi-fgsm": Attack("MI-FGSM", UNAWARE, mi_fgsm),
    "apgd-ce": Attack("APGD, cross-entropy", UNAWARE, partial(apgd, loss="ce")),
    "apgd-dlr": Attack("APGD, logit ratio", UNAWARE, partial(apgd, loss="dlr"), least=3),
    "pgd-crops": Attack(
        "PGD through random crops", "white-box on the model; knows that defences look at random crops", pgd, CropProbe
    ),
    "pgd-views": Attack(
        "PGD through AugMix views",
        "adaptive: white-box on the model; knows that defences look at AugMix views",
        pgd,
        ViewProbe,
    ),
    "adaptive": Attack(
        "PGD through the defence",
        "adaptive: white-box on the model and on the defence, whose views, tuning and weights it goes through",
        pgd,
        RecipeProbe,
    ),
}


class SeededStart(TorchFunctionMode):
    """Inside this `with`, random starts come from a generator of our own, so the global generator stays untouched.

    torchattacks takes no generator. A mode holds for its own thread only, so attacks in other threads do not
    disturb each other; drawing on the CPU gives one start on every device.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.generator = torch.Generator().manual_seed(seed)

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func is torch.rand:
            return torch.rand(*args, generator=self.generator, **(kwargs or {}))
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
    require(settings.through in METHODS, f"Expected a method to attack among {', '.join(METHODS)}.")
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
    require(
        len(classes) >= chosen.least,
        f"{chosen.title} compares {chosen.least} classes; got {len(classes)}: add one or choose another attack.",
    )
    through = {"classes": classes, "through": settings.through} if chosen.eyes is RecipeProbe else {}
    probe = chosen.eyes(backbone, backbone.encode_text(classes), report, stop, settings.seed, **through)
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
