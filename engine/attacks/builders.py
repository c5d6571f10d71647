"""The attacks' algorithms, ready to run; the only home of torchattacks.

A builder takes a probe and the settings and returns the run and its number of forward passes. It builds anew at every
call, because torchattacks' objects keep state.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torchattacks
from torch import Tensor

from ..settings import AttackSettings
from .probes import Probe

Run = Callable[[Tensor, Tensor], Tensor]  # pixels (1, 3, s, s) and label (1,) -> perturbed pixels
NORMS = {"linf": "Linf", "l2": "L2"}  # as torchattacks spells them
Builder = Callable[[Probe, AttackSettings], tuple[Run, int]]


def pgd(probe: Probe, settings: AttackSettings) -> tuple[Run, int]:
    """Projected gradient ascent from a random start (Madry et al., 2018), and its number of forward passes."""
    family = {"linf": torchattacks.PGD, "l2": torchattacks.PGDL2}[settings.norm]
    built = family(probe, eps=settings.epsilon, alpha=settings.step, steps=settings.steps, random_start=True)
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
    wrong already pass unattacked. Where nothing fooled the model, the result is the picture with the highest loss.
    """
    built = torchattacks.APGD(probe, norm=NORMS[settings.norm], eps=settings.epsilon, steps=settings.steps, loss=loss)

    def run(pixels: Tensor, label: Tensor) -> Tensor:
        highest, held, _, fooling = built.attack_single_run(pixels, label)
        return torch.where(held[:, None, None, None], highest, fooling)

    return run, settings.steps + 1
