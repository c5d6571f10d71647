"""Attacks that only ask: they see the model's logits and no gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import NORMS, Attack, Run
from .looks import Looks

if TYPE_CHECKING:
    from torch import Tensor

    from ..settings import AttackSettings
    from .probes import Probe


def square(probe: Probe, settings: AttackSettings, queries: int = 1) -> Run:
    """Random squares, kept where they lower the margin (Andriushchenko et al., 2020); ends when the answer turns.

    `queries` are those per step.
    """
    import torch
    import torchattacks

    norm, queries = NORMS[settings.norm], queries * settings.steps
    built = torchattacks.Square(probe, norm=norm, eps=settings.epsilon, n_queries=queries)
    built.targeted = settings.target is not None

    def run(pixels: Tensor, label: Tensor) -> Tensor:
        built.init_hyperparam(pixels)
        wanted = label if settings.target is None else torch.full_like(label, settings.target)
        return built.attack_single_run(pixels, wanted)[1]

    return run


def square_looks(settings: AttackSettings, classes: int, queries: int = 1) -> Looks:
    """One for every query, and one before the first; never a gradient."""
    return Looks(1 + queries * settings.steps, 0)


SQUARE = Attack(
    title="Square",
    source="Andriushchenko et al., ECCV 2020",
    explanation="Changes squares at random places and keeps those that bring the answer nearer to a wrong one.",
    threat="black-box: asks the model and sees its logits; knows nothing of any defence",
    build=square,
    looks=square_looks,
    targeted=True,
    batched=False,
    blocking=True,
)
