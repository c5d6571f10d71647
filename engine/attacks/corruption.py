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

    def walk(pixels: Tensor, labels: Tensor) -> Generator[None, None, Tensor]:
        seeds, after = [int(rng.integers(2**31)) for rng in probe.rngs], pixels
        for severity in range(1, settings.severity + 1):
            worse = [
                damaged(picture, settings.corruption, severity, seed)
                for picture, seed in zip(pixels, seeds, strict=True)
            ]
            after = torch.stack(worse).to(pixels)
            probe(after)
            yield
        return after

    return walk


def damaged(picture: Tensor, kind: str, severity: int, seed: int) -> Tensor:
    """A picture (3, s, s) in [0, 1] after damage of this kind, of severity 1 to 5, on the CPU."""
    import torch

    from ..numerics.corruptions import corrupt

    exact = picture.permute(1, 2, 0).cpu().numpy()
    return torch.from_numpy(corrupt(exact, kind, severity, seed)).permute(2, 0, 1).float()


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
