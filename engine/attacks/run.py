"""Attacks as streams of steps.

A walk stops behind each forward pass and goes on in the thread that asks for the next. Other attacks, torchattacks'
among them, are one blocking call that tells nothing and cannot be stopped: such a call runs in a thread around a probe
that reports every forward pass into a queue and goes on when the next is asked for, so that nothing is computed in
between; closing the generator makes the next forward pass end the thread.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from contextvars import copy_context
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import cast

import torch
from torch import Tensor

from ..cells import Cells
from ..classes import Classes
from ..errors import require
from ..models import Backbone
from ..models.giving_way import own_seconds
from ..models.memory import enough_memory
from ..models.predict import check_pixels, predict
from ..passes import Passes
from ..results import Adversarial, AttackStep, NullArm, Prediction
from ..settings import AttackSettings
from .adaptive import TargetDefence
from .base import Run, Walk
from .probes import Probe
from .projection import cut_to_8_bits, into_ball, rounded_to_8_bits, size_of, to_8_bits
from .registry import ATTACKS, Attack

NOTHING = "No cell of the picture may change, so there is nothing to attack: allow at least one."
LESS = "fewer pictures at once, fewer draws, a smaller model, bf16, or another device"


def attack(
    backbone: Backbone,
    pixels: Tensor,
    classes: Classes,
    settings: AttackSettings,
    label: int | None = None,
    target_defence: TargetDefence | None = None,
) -> Iterator[AttackStep | Adversarial]:
    """Push the model away from `label` (None: its own clean answer): an `AttackStep` per forward pass, then the result.

    `pixels` (3, s, s) in [0, 1]. With epsilon 0 an attack that has a limit attacks nothing, and the only item is an
    `Adversarial` equal to the clean picture. Closing the generator ends the attack at its next forward pass.
    `target_defence` is what an adaptive attack goes through.
    Raises `EngineError` for an attack that is not one of `ATTACKS`, pixels of another shape or range, a label or target
    that is no class index, and whatever the attack cannot do: a norm, a target, too few classes.
    """
    chosen = ATTACKS.named(settings.attack)
    job = _job(backbone, pixels, classes, label)
    _check(chosen, settings, job)
    if chosen.idle(settings):
        yield _result(backbone, job, settings, _Outcome(job.clean, False, None, (), 0.0))
        return
    steps = []
    with closing(_run(backbone, [job], settings, [settings.seed], target_defence)) as stream:
        for item in stream:
            if isinstance(item, _Done):
                outcome = _Outcome(item.pixels[0], item.zero_gradients[0], item.nulls[0], tuple(steps), item.seconds)
                yield _result(backbone, job, settings, outcome)
            else:
                steps.append(item[0])
                yield item[0]


def attack_passes(
    settings: AttackSettings, classes: int, layers: int, target_defence: TargetDefence | None = None
) -> Passes:
    """What `attack` takes at most with so many classes, on an image tower of `layers` blocks; many end earlier.

    Raises `EngineError` for an attack that does not exist and an adaptive one without a defence to go through.
    """
    chosen = ATTACKS.named(settings.attack)
    answers = Passes(3 + chosen.minimal + bool(chosen.null))  # before, after, after rounding; what a minimal one found
    if chosen.idle(settings):
        return answers
    return answers + chosen.look_passes(target_defence, layers, settings).times(chosen.looks(settings, classes))


def result_of(stream: Iterable[AttackStep | Adversarial]) -> Adversarial:
    """What the stream of an attack ends with; its steps are passed over. Raises `TypeError` where it was cut off."""
    *_, last = stream
    if not isinstance(last, Adversarial):
        raise TypeError("Expected the whole stream of an attack; got one that ends with a step.")
    return last


def attack_batch(
    backbone: Backbone,
    pixels: Tensor,
    classes: Classes | Sequence[Classes],
    settings: AttackSettings,
    labels: Sequence[int | None] | None = None,
    seeds: Sequence[int] | None = None,
    target_defence: TargetDefence | None = None,
) -> list[Adversarial]:
    """The results of `attack` for pixels (b, 3, s, s), each with its own label and seed (None: `settings.seed`).

    `classes` are those of all pictures, or of each its own, equally many. Each result is what the picture gives alone
    with its seed, up to the rounding of batched arithmetic: every picture draws its start and its views from generators
    of its own. Attacks whose pictures would disturb each other (`Attack.batched` False) run one by one. `seconds` are
    those of the whole batch.
    """
    lists = [classes] * len(pixels) if isinstance(classes, Classes) else classes
    labels = [None] * len(pixels) if labels is None else labels
    seeds = [settings.seed] * len(pixels) if seeds is None else seeds
    require(
        len(labels) == len(seeds) == len(pixels),
        f"Expected a label and a seed for each of {len(pixels)} pictures; got {len(labels)} and {len(seeds)}.",
    )
    counts = [len(one) for one in lists]
    require(
        len(lists) == len(pixels) and len({*counts}) <= 1,
        f"Expected equally many classes for each of {len(pixels)} pictures; got {', '.join(map(str, counts))}.",
    )
    chosen = ATTACKS.named(settings.attack)
    if chosen.idle(settings) or not chosen.batched:
        return [
            result_of(attack(backbone, picture, own, replace(settings, seed=seed), label, target_defence))
            for picture, own, label, seed in zip(pixels, lists, labels, seeds, strict=True)
        ]
    jobs = [_job(backbone, *each) for each in zip(pixels, lists, labels, strict=True)]
    for job in jobs:
        _check(chosen, settings, job)
    rows, results = [], []
    for item in _run(backbone, jobs, settings, seeds, target_defence):
        if isinstance(item, _Done):
            results = [
                _result(backbone, job, settings, _Outcome(found, zero, null, trail, item.seconds))
                for job, found, zero, null, trail in zip(
                    jobs, item.pixels, item.zero_gradients, item.nulls, zip(*rows, strict=True), strict=True
                )
            ]
        else:
            rows.append(item)
    return results


@dataclass(frozen=True, eq=False, slots=True)
class _Job:
    """One picture to attack: clean pixels (3, s, s) on the CPU, its classes, the clean answer, and what to push away
    from.
    """

    clean: Tensor
    classes: Classes
    before: Prediction
    label: int
    from_truth: bool


def _job(backbone: Backbone, pixels: Tensor, classes: Classes, label: int | None) -> _Job:
    check_pixels(backbone, pixels)
    clean = pixels.detach().float().cpu().contiguous()  # torchattacks views it flat
    before = predict(backbone, clean, classes)
    return _Job(clean, classes, before, before.label if label is None else label, label is not None)


def _cells(chosen: Attack, settings: AttackSettings) -> Cells | None:
    """Those that this attack keeps to; None: it may change all, or has no limit that they could belong to."""
    return Cells.parse(settings.only_cells) if "only_cells" in chosen.uses and settings.only_cells else None


def _check(chosen: Attack, settings: AttackSettings, job: _Job) -> None:
    """Refuse what this attack cannot do with these classes."""
    classes, label, target = job.classes, job.label, settings.target
    count = len(classes)
    cells = _cells(chosen, settings)
    require(cells is None or cells.count > 0, NOTHING)
    require(0 <= label < count, f"Expected a label from 0 to {count - 1}; got {label}.")
    require(
        settings.norm in chosen.norms or not chosen.limited,
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


@dataclass(frozen=True, eq=False, slots=True)
class _Outcome:
    """What became of one picture: perturbed pixels (3, s, s), whether every gradient was zero, the null arm of an
    attack that has one of its own, the steps, the seconds.
    """

    pixels: Tensor
    zero_gradient: bool
    null: tuple[Tensor, str] | None
    steps: tuple[AttackStep, ...]
    seconds: float


def _result(backbone: Backbone, job: _Job, settings: AttackSettings, outcome: _Outcome) -> Adversarial:
    chosen, pixels = ATTACKS[settings.attack], outcome.pixels
    found = _length_found(backbone, job, settings, pixels)
    if chosen.minimal and size_of(pixels - job.clean, settings.norm) > settings.epsilon:
        pixels = into_ball(pixels[None], job.clean[None], settings.epsilon, settings.norm)[0]
    cells = _cells(chosen, settings)
    if settings.legacy and not chosen.idle(settings):
        saved = cut_to_8_bits(pixels)
        if cells is not None:  # what may not change is not cut either
            saved = torch.where(cells.pixels(pixels.shape[-1]), saved, rounded_to_8_bits(job.clean))
    elif chosen.limited:
        saved = to_8_bits(pixels, job.clean, settings.epsilon, settings.norm)
    else:
        saved = rounded_to_8_bits(pixels)
    return Adversarial(
        clean=job.clean,
        pixels=pixels,
        saved=saved,
        attack=settings.attack,
        target_defence=settings.target_defence if "target_defence" in chosen.uses else "",
        epsilon=settings.epsilon if chosen.limited else math.inf,
        norm=settings.norm if chosen.limited else "",
        label=job.label,
        target=settings.target,
        from_truth=job.from_truth,
        found=found,
        confidence=settings.confidence if "confidence" in chosen.uses else 0.0,
        before=job.before,
        after=predict(backbone, pixels, job.classes),
        after_saved=predict(backbone, saved, job.classes),
        zero_gradient=outcome.zero_gradient,
        steps=outcome.steps,
        seconds=outcome.seconds,
        null=_null_arm(backbone, job, outcome.null),
        only_cells="" if cells is None else settings.only_cells,
    )


def _null_arm(backbone: Backbone, job: _Job, null: tuple[Tensor, str] | None) -> NullArm | None:
    if null is None:
        return None
    saved = rounded_to_8_bits(null[0])
    return NullArm(null[1], saved, predict(backbone, saved, job.classes))


def _length_found(backbone: Backbone, job: _Job, settings: AttackSettings, reached: Tensor) -> float | None:
    """How long the change is that a minimal attack found, in the attack's norm; None for others, and for no change that
    turns the answer.
    """
    if not ATTACKS[settings.attack].minimal or predict(backbone, reached, job.classes).label == job.label:
        return None
    return size_of(reached - job.clean, settings.norm)


@dataclass(frozen=True, eq=False, slots=True)
class _Done:
    """The end of a run: perturbed pixels (b, 3, s, s) on the CPU, of which of them every gradient was zero, their null
    arms, and how long it took.
    """

    pixels: Tensor
    zero_gradients: list[bool]
    nulls: list[tuple[Tensor, str] | None]
    seconds: float


def _run(
    backbone: Backbone,
    jobs: Sequence[_Job],
    settings: AttackSettings,
    seeds: Sequence[int],
    target_defence: TargetDefence | None,
) -> Generator[tuple[AttackStep, ...] | _Done]:
    """Yield each forward pass as a step per picture, made when it is asked for, and then the end."""
    chosen = ATTACKS[settings.attack]
    classes = [job.classes for job in jobs]
    total = chosen.looks(settings, len(classes[0])).forward
    labels = torch.tensor([job.label for job in jobs], device=backbone.device)
    clean = torch.stack([job.clean for job in jobs]).to(backbone.device)

    cells = _cells(chosen, settings)
    inside = None if cells is None else cells.pixels(clean.shape[-1]).to(clean.device)

    def begin(report: Callable[[Tensor], None], stop: threading.Event) -> tuple[Probe, Run | Walk]:
        probe = chosen.probe(target_defence)(backbone, classes, settings, seeds, report, stop)
        probe.held = None if inside is None else (inside, clean)
        return probe, chosen.build(probe, settings)

    def _step(place: int, logits: Tensor, job: _Job) -> AttackStep:
        logs = logits.log_softmax(-1)
        loss = -logs[job.label] if settings.target is None else logs[settings.target]
        return AttackStep(place, total, float(loss), Prediction(job.classes, logits))

    follow, index = _in_a_thread if chosen.blocking else _here, itertools.count(1)
    with closing(follow(begin, clean, labels)) as stream:
        for item in stream:
            if isinstance(item, _Done) and inside is not None:
                yield replace(item, pixels=clean.where(~inside, item.pixels.to(clean)).cpu())
            elif isinstance(item, _Done):
                yield item
            else:
                place = next(index)
                yield tuple(_step(place, row, job) for row, job in zip(item.cpu(), jobs, strict=True))


Begin = Callable[[Callable[[Tensor], None], threading.Event], "tuple[Probe, Run | Walk]"]


def _here(begin: Begin, clean: Tensor, labels: Tensor) -> Generator[Tensor | _Done]:
    """The logits (b, c) of each look of a walk, which goes on in the thread that asks, and then the end."""
    looks: list[Tensor] = []
    probe, walk = begin(looks.append, threading.Event())
    steps, seconds, perturbed = cast(Walk, walk)(clean, labels), 0.0, None
    while perturbed is None:
        started = own_seconds()
        try:
            with enough_memory("the gradients of this attack", LESS):
                next(steps)
        except StopIteration as end:
            perturbed = end.value.detach().cpu()
        seconds += own_seconds() - started
        yield from looks
        looks.clear()
    yield _Done(perturbed, _unfelt(probe, len(clean)), _nulls(probe, len(clean)), seconds)


def _in_a_thread(begin: Begin, clean: Tensor, labels: Tensor) -> Generator[Tensor | _Done]:
    """The same of a run, in a thread that waits behind each look until the next is asked for."""
    queue: SimpleQueue[Tensor | _Done | Exception] = SimpleQueue()
    stop, asked, away = threading.Event(), threading.Semaphore(0), []

    def report(logits: Tensor) -> None:
        queue.put(logits)
        left = own_seconds()
        asked.acquire()
        away.append(own_seconds() - left)

    def work() -> None:
        started = own_seconds()
        try:
            with enough_memory("the gradients of this attack", LESS), probe.luck:
                perturbed = cast(Run, run)(clean, labels).detach().cpu()
            unfelt, nulls = _unfelt(probe, len(clean)), _nulls(probe, len(clean))
            queue.put(_Done(perturbed, unfelt, nulls, own_seconds() - started - sum(away)))
        except Exception as error:  # whatever it is, it belongs to the thread that waits
            queue.put(error)

    probe, run = begin(report, stop)
    worker = threading.Thread(target=copy_context().run, args=(work,), name="attack", daemon=True)
    worker.start()
    try:
        while isinstance(item := queue.get(), Tensor):
            yield item
            asked.release()
    finally:
        stop.set()
        asked.release()
        worker.join()
    if isinstance(item, Exception):
        raise item
    yield item


def _unfelt(probe: Probe, count: int) -> list[bool]:
    """Of which of so many pictures every gradient was zero."""
    return [False] * count if probe.felt is None else (~probe.felt).tolist()


def _nulls(probe: Probe, count: int) -> list[tuple[Tensor, str] | None]:
    """The null arms of so many pictures, on the CPU."""
    return [(pixels.detach().cpu(), what) for pixels, what in probe.nulls] if probe.nulls else [None] * count
