"""Attacks up a loss's gradient within the ball: PGD, FGSM, MI-FGSM and the variants of APGD."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from .base import NORMS, STEPPED, UNAWARE, Attack, Run, likeliest_wrong
from .looks import Looks, once, rivals

if TYPE_CHECKING:
    import torchattacks.attack
    from torch import Tensor

    from ..settings import AttackSettings
    from .probes import Probe


def pgd(probe: Probe, settings: AttackSettings) -> Run:
    """Projected gradient ascent from a random start (Madry et al., 2018)."""
    import torchattacks

    from .probes import Direction

    family = {"linf": torchattacks.PGD, "l2": torchattacks.PGDL2}[settings.norm]
    built = family(Direction(probe), eps=settings.epsilon, alpha=settings.step, steps=settings.steps, random_start=True)
    return _aimed(built, settings)


def fgsm(probe: Probe, settings: AttackSettings) -> Run:
    """One step of size epsilon along the gradient's sign (Goodfellow et al., 2015)."""
    import torchattacks

    from .probes import Direction

    return _aimed(torchattacks.FGSM(Direction(probe), eps=settings.epsilon), settings)


def mi_fgsm(probe: Probe, settings: AttackSettings) -> Run:
    """Sign steps along a gradient with momentum 1, from the picture itself (Dong et al., 2018)."""
    import torchattacks

    from .probes import Direction

    built = torchattacks.MIFGSM(
        Direction(probe), eps=settings.epsilon, alpha=settings.step, steps=settings.steps, decay=1.0
    )
    return _aimed(built, settings)


def _aimed(built: torchattacks.attack.Attack, settings: AttackSettings) -> Run:
    """The attack in the mode that its own switch, which prints, would set."""
    import torch

    if settings.target is not None:
        built.targeted = True
        built._target_map_function = lambda pixels, labels: torch.full_like(labels, settings.target)
    return built


def apgd(probe: Probe, settings: AttackSettings, loss: str) -> Run:
    """Ascent that sets its own step size and starts again from its best point (Croce & Hein, 2020); no step size.

    Pictures that are wrong already are attacked too. Where nothing fooled the model, the result is the picture with the
    highest loss.
    """
    import torch
    import torchattacks

    from .probes import Direction

    norm = NORMS[settings.norm]
    built = torchattacks.APGD(Direction(probe), norm=norm, eps=settings.epsilon, steps=settings.steps, loss=loss)

    def run(pixels: Tensor, label: Tensor) -> Tensor:
        highest, held, _, fooling = built.attack_single_run(pixels, label)
        return torch.where(held[:, None, None, None], highest, fooling)

    return run


def apgd_looks(settings: AttackSettings, classes: int) -> Looks:
    """One for every step, and one before the first."""
    return Looks(settings.steps + 1, settings.steps + 1)


def apgd_targeted(probe: Probe, settings: AttackSettings) -> Run:
    """APGD up the targeted logit ratio towards each of the `RIVALS` likeliest classes, until one fools the model
    (Croce & Hein, 2020). Where none does, the result is the picture with the highest ratio.
    """
    import torchattacks

    from .probes import Direction

    norm, count = NORMS[settings.norm], len(probe.classes)
    built = torchattacks.APGDT(Direction(probe), norm=norm, eps=settings.epsilon, steps=settings.steps, n_classes=count)

    def run(pixels: Tensor, label: Tensor) -> Tensor:
        best, top = pixels, -math.inf
        for built.target_class in likeliest_wrong(probe(pixels), label):
            highest, held, loss, fooling = built.attack_single_run(pixels, label)
            if not held:
                return fooling
            if float(loss) > top:
                best, top = highest, float(loss)
        return best

    return run


def apgd_targeted_looks(settings: AttackSettings, classes: int) -> Looks:
    """One for the likeliest classes, and for each of these one for its number and then those of APGD."""
    tried, own = rivals(classes), apgd_looks(settings, classes)
    return Looks(1 + tried * (1 + own.forward), tried * own.back)


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
    uses=(),
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
APGD_CE = Attack(
    title="APGD, cross-entropy",
    source="Croce & Hein, ICML 2020",
    explanation="As PGD, but it halves its step where the loss no longer rises and goes on from its best point.",
    threat=UNAWARE,
    build=partial(apgd, loss="ce"),
    looks=apgd_looks,
)
APGD_DLR = Attack(
    title="APGD, logit ratio",
    source="Croce & Hein, ICML 2020",
    explanation="As APGD, up a ratio of differences of logits, which has a gradient where the model is very sure too.",
    threat=UNAWARE,
    build=partial(apgd, loss="dlr"),
    looks=apgd_looks,
    least=3,
)
APGD_T = Attack(
    title="APGD, towards likely classes",
    source="Croce & Hein, ICML 2020",
    explanation="As APGD, towards each of the likeliest wrong classes in turn, until one of them is the answer.",
    threat=UNAWARE,
    build=apgd_targeted,
    looks=apgd_targeted_looks,
    least=4,
    batched=False,
)
