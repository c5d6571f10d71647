"""Attacks as streams of steps.

An attack of torchattacks is one blocking call that tells nothing and cannot be stopped. Here it runs in a thread around
a probe that reports every forward pass into a queue; closing the generator makes the next forward pass end the thread.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Generator, Iterator
from queue import SimpleQueue

import torch
from torch import Tensor

from ..backbone import Backbone
from ..errors import require
from ..methods import METHODS
from ..predict import check_pixels, predict
from ..settings import AttackSettings
from ..types import Adversarial, AttackStep, Classes, Prediction
from .ball import to_8_bits
from .catalogue import ATTACKS
from .randomness import SeededStart


def attack(
    backbone: Backbone, pixels: Tensor, classes: Classes, settings: AttackSettings, label: int | None = None
) -> Iterator[AttackStep | Adversarial]:
    """Push the model away from `label` (None: its own clean answer): an `AttackStep` per forward pass, then the result.

    `pixels` (3, s, s) in [0, 1]. With epsilon 0 nothing is attacked and the only item is an `Adversarial` equal to
    the clean picture. Closing the generator ends the attack at its next forward pass.
    Raises `EngineError` for pixels of another shape or range, a label or target that is no class index, and whatever
    the attack cannot do: a norm, a target, too few classes.
    """
    check_pixels(backbone, pixels)
    clean = pixels.detach().float().cpu().contiguous()  # torchattacks views it flat
    before = predict(backbone, clean, classes)
    away = before.label if label is None else label
    _check(settings, classes, away)
    perturbed, steps, seconds = clean, (), 0.0
    if settings.epsilon > 0:
        perturbed, steps, seconds = yield from _run(backbone, clean, classes, settings, away)
    saved = to_8_bits(perturbed, clean, settings.epsilon, settings.norm)
    yield Adversarial(
        clean=clean,
        pixels=perturbed,
        saved=saved,
        method=settings.method,
        epsilon=settings.epsilon,
        norm=settings.norm,
        label=away,
        target=settings.target,
        from_truth=label is not None,
        before=before,
        after=predict(backbone, perturbed, classes),
        after_saved=predict(backbone, saved, classes),
        steps=steps,
        seconds=seconds,
    )


def _check(settings: AttackSettings, classes: Classes, label: int) -> None:
    """Refuse what this attack cannot do with these classes."""
    chosen, count, target = ATTACKS[settings.method], len(classes), settings.target
    require(0 <= label < count, f"Expected a label from 0 to {count - 1}; got {label}.")
    require(settings.through in METHODS, f"Expected a method to attack among {', '.join(METHODS)}.")
    require(
        settings.norm in chosen.norms,
        f"{chosen.title} keeps to the norm {' or '.join(chosen.norms)}; got {settings.norm}.",
    )
    require(
        count >= chosen.least,
        f"{chosen.title} compares {chosen.least} classes; got {count}: add one or choose another attack.",
    )
    if target is not None:
        able = ", ".join(name for name, other in ATTACKS.items() if other.targeted)
        require(chosen.targeted, f"{chosen.title} cannot be aimed at a class; {able} can.")
        require(target < count, f"Expected a target from 0 to {count - 1}; got {target}.")
        require(target != label, f"“{classes.names[label]}” is the class to push away from; aim at another one.")


def _run(
    backbone: Backbone, clean: Tensor, classes: Classes, settings: AttackSettings, label: int
) -> Generator[AttackStep, None, tuple[Tensor, tuple[AttackStep, ...], float]]:
    """Yield the steps of the attack while a thread makes them; return perturbed pixels, all steps and the seconds."""
    queue: SimpleQueue[AttackStep | tuple[Tensor, float] | Exception] = SimpleQueue()
    stop = threading.Event()
    away = torch.tensor([label], device=backbone.device)
    index = itertools.count(1)

    def report(logits: Tensor) -> None:
        logs = logits[0].log_softmax(-1)
        loss = float(-logs[label] if settings.target is None else logs[settings.target])
        queue.put(AttackStep(next(index), total, loss, Prediction(classes, logits[0].cpu())))

    def work() -> None:
        started = time.perf_counter()
        try:
            with SeededStart(settings.seed):
                perturbed = built(clean[None].to(away.device), away)[0].detach().cpu()
            queue.put((perturbed, time.perf_counter() - started))
        except Exception as error:  # whatever it is, it belongs to the thread that waits
            queue.put(error)

    chosen = ATTACKS[settings.method]
    probe = chosen.eyes(backbone, classes, settings, report, stop)
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
