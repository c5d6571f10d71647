"""Noise as large as an attack may be, at which nobody aims: what a change of that size does by itself."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from .base import WITHIN, Attack, Walk
from .looks import Looks

if TYPE_CHECKING:
    from torch import Tensor

    from ..settings import AttackSettings
    from .probes import Probe


def noise(probe: Probe, settings: AttackSettings) -> Walk:
    """Moves every channel of every pixel up or down by the whole limit, by the toss of a coin."""
    import torch

    from ..numerics.baselines import sign_noise

    def walk(pixels: Tensor, labels: Tensor) -> Generator[None, None, Tensor]:
        seeds = [int(rng.integers(2**31)) for rng in probe.rngs]
        noisy = [sign_noise(one, settings.epsilon, seed) for one, seed in zip(pixels.cpu(), seeds, strict=True)]
        after = torch.stack(noisy).to(pixels)
        probe(after)
        yield
        return after

    return walk


def one_answer(settings: AttackSettings, classes: int) -> Looks:
    """One look, without a gradient."""
    return Looks(1, 0)


NOISE = Attack(
    title="Random noise",
    source="the null arm of every attack with a limit",
    explanation="Every channel of every pixel goes up or down by the whole allowance, by the toss of a coin.",
    threat="no attacker: noise as large as an attack may be, whatever the model",
    build=noise,
    looks=one_answer,
    norms=("linf",),
    aimed=False,
    uses=WITHIN,
)
