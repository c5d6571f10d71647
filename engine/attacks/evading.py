"""The attack that knows the detection scores: it fools the model, and no score may rise above the clean picture's own.

Carlini and Wagner (AISec 2017) broke ten detectors so: one loss for the answer, and one for what is noticed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, cast

from .base import STEPPED, Attack, Walk
from .gradient import start_and_way
from .looks import each_step_and_the_end, its_copies

if TYPE_CHECKING:
    from torch import Tensor

    from ..settings import AttackSettings
    from .adaptive import TargetDefence
    from .evading_probe import EvadingProbe
    from .probes import Probe

LEAD = 2.0  # logits by which a wrong class is to lead; beyond that only what is noticed counts
WEIGHT = 10.0  # logits that a score counts for which lies 1 above that of the clean picture


def through_the_scores(target: TargetDefence | None) -> Callable[..., Probe]:
    """The probe of an attack that sees the detection scores as well."""
    from .evading_probe import EvadingProbe

    return EvadingProbe


def evading(probe: Probe, settings: AttackSettings) -> Walk:
    """PGD's steps up the lead of a wrong class, until it is `LEAD`, less `WEIGHT` times what is noticed.

    Of all that it looked at it keeps the picture that lacks least of both.
    """
    import torch

    from .projection import into_ball

    seeing = cast("EvadingProbe", probe)
    start, along = start_and_way(settings.norm)

    def walk(pixels: Tensor, labels: Tensor) -> Generator[None, None, Tensor]:
        seeing.know(pixels)
        shown = best = start(probe, pixels, settings)
        least = torch.full_like(labels, torch.inf, dtype=torch.float32)
        for place in range(settings.steps + 1):
            more = place < settings.steps
            shown = shown.detach().requires_grad_(more)
            with torch.set_grad_enabled(more):
                lacking = (LEAD - wrong_lead(probe(shown), labels, settings.target)).relu()
                wanted = lacking + WEIGHT * seeing.excess()
            yield
            better = wanted.detach() < least
            least = torch.where(better, wanted.detach(), least)
            best = torch.where(better[:, None, None, None], shown.detach(), best)
            if more:
                with torch.enable_grad():
                    (slope,) = torch.autograd.grad(-wanted.sum(), shown)
                step = settings.step * along(slope)
                shown = into_ball(shown.detach() + step, pixels, settings.epsilon, settings.norm)
        return best

    return walk


def wrong_lead(logits: Tensor, labels: Tensor, target: int | None) -> Tensor:
    """By how much (b,) the best wrong class, or the class aimed at, leads the best other one in logits (b, c)."""
    import torch

    wanted = torch.zeros_like(logits, dtype=torch.bool)
    if target is None:
        wanted = ~wanted.scatter(1, labels[:, None], True)
    else:
        wanted[:, target] = True
    worst = torch.finfo(logits.dtype).min
    return logits.masked_fill(~wanted, worst).amax(1) - logits.masked_fill(wanted, worst).amax(1)


EVADING = Attack(
    title="PGD, unnoticed",
    source="Carlini & Wagner, AISec 2017",
    explanation="As PGD, but no detection score may rise above that of the clean picture.",
    threat="adaptive: white-box on the model; knows the detection scores, not the noise that they will draw",
    build=evading,
    probe=through_the_scores,
    looks=each_step_and_the_end,
    look_passes=its_copies,
    targeted=True,
    uses=(*STEPPED, "eot_samples"),
)
