"""Attacks that only ask: they see the model's logits and no gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import NORMS, Attack, Run

if TYPE_CHECKING:
    from torch import Tensor

    from ..settings import AttackSettings
    from .probes import Probe


def square(probe: Probe, settings: AttackSettings, queries: int = 1) -> tuple[Run, int]:
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

    return run, 1 + queries


SQUARE = Attack(
    title="Square",
    source="Andriushchenko et al., ECCV 2020",
    explanation="Changes squares at random places and keeps those that bring the answer nearer to a wrong one.",
    threat="black-box: asks the model and sees its logits; knows nothing of any defence",
    build=square,
    targeted=True,
    batched=False,
)
