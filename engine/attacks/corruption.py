"""Common corruptions as an attack without an attacker: ordinary damage, at which nobody aims."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from .base import Attack, Walk
from .looks import Looks

if TYPE_CHECKING:
    from torch import Tensor

    from ..settings import AttackSettings
    from .probes import Probe


def corruption(probe: Probe, settings: AttackSettings) -> Walk:
    """Damages each picture by its own seed, ever more up to the severity, and asks each time what it shows."""
    import torch

    from ..numerics.corruptions import corrupt

    def walk(pixels: Tensor, labels: Tensor) -> Generator[None, None, Tensor]:
        seeds, after = [int(rng.integers(2**31)) for rng in probe.rngs], pixels
        exact = pixels.permute(0, 2, 3, 1).cpu().numpy()
        for severity in range(1, settings.severity + 1):
            damaged = [
                torch.from_numpy(corrupt(picture, settings.corruption, severity, seed))
                for picture, seed in zip(exact, seeds, strict=True)
            ]
            after = torch.stack(damaged).permute(0, 3, 1, 2).to(pixels)
            probe(after)
            yield
        return after

    return walk


def each_severity(settings: AttackSettings, classes: int) -> Looks:
    """One for every severity up to the chosen one; never a gradient."""
    return Looks(settings.severity, 0)


CORRUPTION = Attack(
    title="Common corruption",
    source="Hendrycks and Dietterich, ICLR 2019",
    explanation="Ordinary damage by noise, blur, weather or files, in five severities; nobody aims it at the model.",
    threat="no attacker and no limit: ordinary damage of its kind and severity, whatever the model",
    build=corruption,
    looks=each_severity,
    norms=(),
    aimed=False,
    uses=("corruption", "severity"),
)
