"""The attacks' algorithms, ready to run; the only home of torchattacks.

A builder takes a probe and the settings and returns the run and its number of forward passes. It builds anew at every
call, because torchattacks' objects keep state.
"""

from __future__ import annotations

from collections.abc import Callable

import torchattacks
from torch import Tensor

from ..settings import AttackSettings
from .probes import Probe

Run = Callable[[Tensor, Tensor], Tensor]  # pixels (1, 3, s, s) and label (1,) -> perturbed pixels
Builder = Callable[[Probe, AttackSettings], tuple[Run, int]]


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
