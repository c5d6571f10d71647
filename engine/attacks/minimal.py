"""Attacks that look for the smallest change that turns the answer: Carlini & Wagner, DeepFool and FAB."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .base import NORMS, UNAWARE, Attack, Run, fools, likeliest_wrong, rivals

if TYPE_CHECKING:
    from torch import Tensor

    from ..settings import AttackSettings
    from .probes import Probe

WEIGHTS = (1, 10, 100)  # of the margin against the length of the change, for Carlini & Wagner
OVERSHOOT = 0.02  # of DeepFool's way, as in its paper


def carlini_wagner(probe: Probe, settings: AttackSettings) -> tuple[Run, int]:
    """The shortest change that just turns the answer, by Adam in tanh space (Carlini & Wagner, 2017), cut to epsilon.

    Each of `WEIGHTS` gets `steps` at most, in place of the paper's search, until one turns the answer. A picture that
    none can turn stays as it is.
    """
    import torchattacks

    from .projection import into_ball

    built = torchattacks.CW(probe, kappa=0, steps=settings.steps, lr=0.01)
    built.f = _margin  # the package's own takes the other logits to be positive, and fails on a GPU

    def run(pixels: Tensor, label: Tensor) -> Tensor:
        found = pixels
        for built.c in WEIGHTS:
            found = built(pixels, label)
            if fools(probe, found, label):
                break
        return into_ball(found, pixels, settings.epsilon, settings.norm)

    return run, len(WEIGHTS) * (settings.steps + 1)


def _margin(outputs: Tensor, labels: Tensor) -> Tensor:
    """How far the label's logit lies above all others, (b, c) -> (b,), at least 0."""
    own = outputs.gather(1, labels[:, None])[:, 0]
    others = outputs.scatter(1, labels[:, None], -math.inf).amax(1)
    return (own - others).clamp_min(0)


def deepfool(probe: Probe, settings: AttackSettings) -> tuple[Run, int]:
    """The shortest way to the nearest linearised boundary, again until over (Moosavi-Dezfooli et al., 2016), cut to
    epsilon. Ends as soon as the answer is not the label, so that pictures that are wrong already stay as they are.

    The whole way is lengthened by `OVERSHOOT`, as in the paper. The package lengthens each step for itself: the last
    one is next to nothing, so it ends on the boundary, where the rounding of the last digit gives the answer.
    """
    import torchattacks

    from .projection import into_ball

    built = torchattacks.DeepFool(probe, steps=1, overshoot=0)

    def run(pixels: Tensor, label: Tensor) -> Tensor:
        near = over = pixels
        for _ in range(settings.steps):
            near = built(near, label)
            over = (pixels + (1 + OVERSHOOT) * (near - pixels)).clamp(0, 1)
            if fools(probe, over, label):
                break
        return into_ball(over, pixels, settings.epsilon, settings.norm)

    return run, 2 * settings.steps


def fab(probe: Probe, settings: AttackSettings) -> tuple[Run, int]:
    """The nearest boundaries to the `RIVALS` likeliest classes (Croce & Hein, 2020), until one lies within epsilon.

    Where none does, the picture stays as it is. A part of AutoAttack; no attack of its own here.
    """
    import torchattacks

    from .projection import into_ball

    norm, count = NORMS[settings.norm], len(probe.classes)
    made = {"norm": norm, "eps": settings.epsilon, "steps": settings.steps, "n_classes": count, "multi_targeted": True}
    built = torchattacks.FAB(probe, **made)

    def run(pixels: Tensor, label: Tensor) -> Tensor:
        for built.target_class in likeliest_wrong(probe(pixels), label):
            found = built.attack_single_run_targeted(pixels, label)
            inside = into_ball(found, pixels, settings.epsilon, settings.norm)
            if fools(probe, inside, label):
                return inside
        return pixels

    return run, 1 + rivals(count) * (2 * settings.steps + 3)


CARLINI_WAGNER = Attack(
    title="Carlini & Wagner",
    source="Carlini & Wagner, IEEE S&P 2017",
    explanation="Looks for the shortest change that just turns the answer, weighing its length against the margin.",
    threat=UNAWARE,
    build=carlini_wagner,
    batched=False,
)
DEEPFOOL = Attack(
    title="DeepFool",
    source="Moosavi-Dezfooli et al., CVPR 2016",
    explanation="Walks to the nearest boundary between two answers, as if boundaries were flat, until over it.",
    threat=UNAWARE,
    build=deepfool,
    batched=False,
)
