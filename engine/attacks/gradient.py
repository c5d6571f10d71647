"""Attacks up a loss's gradient within the ball by steps of one size: PGD, FGSM and MI-FGSM.

Each is a walk: a generator that stops behind each look at the model, so that who follows it needs no second thread.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from .base import STEPPED, UNAWARE, WITHIN, Attack, Walk
from .looks import once

if TYPE_CHECKING:
    from torch import Tensor

    from ..settings import AttackSettings
    from .probes import Probe

TINY = 1e-10  # keeps a gradient of zeros from being divided by its length


def pgd(probe: Probe, settings: AttackSettings) -> Walk:
    """Projected gradient ascent from a random start (Madry et al., 2018)."""
    from .projection import into_ball

    start, along = start_and_way(settings.norm)

    def walk(pixels: Tensor, labels: Tensor) -> Generator[None, None, Tensor]:
        loss, moved = cross_entropy(labels, settings), start(probe, pixels, settings)
        for _ in range(settings.steps):
            slope = yield from _slope(probe, moved, loss)
            moved = into_ball(moved + settings.step * along(slope), pixels, settings.epsilon, settings.norm)
        return moved

    return walk


def start_and_way(norm: str) -> tuple[Callable[[Probe, Tensor, AttackSettings], Tensor], Callable[[Tensor], Tensor]]:
    """What draws a random start in the ball of this norm, and what makes a step of length 1 of a gradient."""
    return {"linf": (_anywhere_inside, _signs), "l2": (_some_way_out, _unit)}[norm]


def _signs(slope: Tensor) -> Tensor:
    return slope.sign()


def _unit(slope: Tensor) -> Tensor:
    return slope / (slope.flatten(1).norm(dim=1) + TINY).view(-1, 1, 1, 1)


def _anywhere_inside(probe: Probe, pixels: Tensor, settings: AttackSettings) -> Tensor:
    """Every channel that may change moved by a uniform draw from the ball."""
    import torch

    from .projection import confined

    with probe.luck:
        change = torch.empty_like(pixels).uniform_(-settings.epsilon, settings.epsilon)
    return (pixels + confined(change, settings)).clamp(0, 1)


def _some_way_out(probe: Probe, pixels: Tensor, settings: AttackSettings) -> Tensor:
    """A random direction of what may change, and a uniform draw of how far."""
    import torch

    from .projection import confined

    with probe.luck:
        change = confined(torch.empty_like(pixels).normal_(), settings)
        lengths = change.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
        far = torch.zeros_like(lengths).uniform_(0, 1)
    return (pixels + change * (far / lengths * settings.epsilon)).clamp(0, 1)


def fgsm(probe: Probe, settings: AttackSettings) -> Walk:
    """One step of size epsilon along the gradient's sign (Goodfellow et al., 2015)."""

    def walk(pixels: Tensor, labels: Tensor) -> Generator[None, None, Tensor]:
        slope = yield from _slope(probe, pixels, cross_entropy(labels, settings))
        return (pixels + settings.epsilon * slope.sign()).clamp(0, 1)

    return walk


def mi_fgsm(probe: Probe, settings: AttackSettings) -> Walk:
    """Sign steps along a gradient with momentum 1, from the picture itself (Dong et al., 2018)."""
    from .projection import into_ball

    def walk(pixels: Tensor, labels: Tensor) -> Generator[None, None, Tensor]:
        loss, moved, momentum = cross_entropy(labels, settings), pixels, 0 * pixels
        for _ in range(settings.steps):
            slope = yield from _slope(probe, moved, loss)
            momentum = slope / slope.abs().mean((1, 2, 3), keepdim=True) + momentum
            moved = into_ball(moved + settings.step * momentum.sign(), pixels, settings.epsilon, "linf")
        return moved

    return walk


def cross_entropy(labels: Tensor, settings: AttackSettings) -> Callable[[Tensor], Tensor]:
    """What an attack raises: the loss (b,) of labels (b,), or less of the loss of the class that it is aimed at."""
    import torch
    import torch.nn.functional as F

    if settings.target is None:
        return lambda logits: F.cross_entropy(logits, labels, reduction="none")
    aim = torch.full_like(labels, settings.target)
    return lambda logits: -F.cross_entropy(logits, aim, reduction="none")


def look(
    probe: Probe, pixels: Tensor, loss: Callable[[Tensor], Tensor]
) -> Generator[None, None, tuple[Tensor, Tensor, Tensor]]:
    """Logits (b, c) of pixels (b, 3, s, s), their losses (b,), and the gradients (b, 3, s, s) of these, whose length is
    steady however small the loss is; a stop behind the logits.
    """
    import torch

    from ..models.gradient_scaling import with_steady_gradients

    shown = pixels.detach().requires_grad_()
    with torch.enable_grad():
        logits = with_steady_gradients(probe, shown)
    yield
    with torch.enable_grad():
        losses = loss(logits)
        (slope,) = torch.autograd.grad(losses.sum(), shown)
    return logits.detach(), losses.detach(), slope


def _slope(probe: Probe, pixels: Tensor, loss: Callable[[Tensor], Tensor]) -> Generator[None, None, Tensor]:
    _, _, slope = yield from look(probe, pixels, loss)
    return slope


PGD = Attack(
    title="PGD",
    source="Madry et al., ICLR 2018",
    explanation="Many small steps that raise the loss, each cut back to the allowed change, from a random start.",
    threat=UNAWARE,
    build=pgd,
    targeted=True,
    uses=STEPPED,
)
FGSM = Attack(
    title="FGSM",
    source="Goodfellow et al., ICLR 2015",
    explanation="One step: every channel of every pixel changes by the whole allowance, in the direction of more loss.",
    threat=UNAWARE,
    build=fgsm,
    looks=once,
    norms=("linf",),
    targeted=True,
    uses=WITHIN,
)
MI_FGSM = Attack(
    title="MI-FGSM",
    source="Dong et al., CVPR 2018",
    explanation="As PGD, but each step also follows the steps before it, and the start is the picture itself.",
    threat=UNAWARE,
    build=mi_fgsm,
    norms=("linf",),
    targeted=True,
    uses=STEPPED,
)
