"""What attacks there are: a new one is an entry of `ATTACKS` and at most one builder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from .adaptive import RecipeProbe
from .builders import Builder, apgd, apgd_targeted, auto, carlini_wagner, deepfool, fgsm, mi_fgsm, pgd, square
from .probes import CropProbe, Probe, ViewProbe

BOTH, LARGEST = ("linf", "l2"), ("linf",)
STEPPED = ("steps", "step_size")
UNAWARE = "white-box on the model; knows nothing of any defence"
BLIND = "black-box: asks the model and sees its logits; knows nothing of any defence"


@dataclass(frozen=True, slots=True)
class Attack:
    """What a menu calls it, what the attacker knows, how it is built and what it looks through.

    `norms` are those it can keep to, `least` is how many classes its loss needs, `targeted` whether it can be aimed at
    a class, `batched` whether several pictures can run together without disturbing each other. `uses` names the
    settings that change what it does, besides epsilon and norm. An attack that looks through `RecipeProbe` has a
    defence as its model.
    """

    title: str
    threat: str
    build: Builder
    eyes: type[Probe] = Probe
    norms: tuple[str, ...] = BOTH
    least: int = 2
    targeted: bool = False
    batched: bool = True
    uses: tuple[str, ...] = ("steps",)


ATTACKS: dict[str, Attack] = {
    "pgd": Attack("PGD", UNAWARE, pgd, targeted=True, uses=STEPPED),
    "fgsm": Attack("FGSM", UNAWARE, fgsm, norms=LARGEST, targeted=True, uses=()),
    "mi-fgsm": Attack("MI-FGSM", UNAWARE, mi_fgsm, norms=LARGEST, targeted=True, uses=STEPPED),
    "apgd-ce": Attack("APGD, cross-entropy", UNAWARE, partial(apgd, loss="ce")),
    "apgd-dlr": Attack("APGD, logit ratio", UNAWARE, partial(apgd, loss="dlr"), least=3),
    "apgd-t": Attack("APGD, towards likely classes", UNAWARE, apgd_targeted, least=4, batched=False),
    "cw": Attack("Carlini & Wagner", UNAWARE, carlini_wagner, batched=False),
    "deepfool": Attack("DeepFool", UNAWARE, deepfool, batched=False),
    "square": Attack("Square", BLIND, square, targeted=True, batched=False),
    "auto": Attack("AutoAttack", UNAWARE, auto, least=4, batched=False),
    "pgd-crops": Attack(
        "PGD through random crops",
        "white-box on the model; knows that defences look at random crops",
        pgd,
        CropProbe,
        targeted=True,
        uses=(*STEPPED, "eot_samples"),
    ),
    "pgd-views": Attack(
        "PGD through AugMix views",
        "adaptive: white-box on the model; knows that defences look at AugMix views",
        pgd,
        ViewProbe,
        targeted=True,
        uses=(*STEPPED, "eot_samples"),
    ),
    "adaptive": Attack(
        "PGD through the defence",
        "adaptive: white-box on the model and on the defence, whose views, tuning and weights it goes through",
        pgd,
        RecipeProbe,
        targeted=True,
        uses=(*STEPPED, "eot_samples", "target_defence", "unroll"),
    ),
}
