"""Attacks by name, in menu order: a new one is a function and an entry in the file of its family, and one line here."""

from __future__ import annotations

from ..registry import Registry
from .adaptive import ADAPTIVE, PGD_CROPS, PGD_TRANSFORMATIONS, PGD_VIEWS
from .apgd import APGD_CE, APGD_DLR, APGD_T
from .auto import AUTO_ATTACK
from .base import Attack
from .black_box import SQUARE
from .corruption import CORRUPTION
from .evading import EVADING
from .gradient import FGSM, MI_FGSM, PGD
from .minimal import CARLINI_WAGNER, DEEPFOOL
from .noise import NOISE
from .patch import PATCH
from .written_word import WRITTEN_WORD

ATTACKS: Registry[Attack] = Registry(
    "attack",
    {
        "pgd": PGD,
        "fgsm": FGSM,
        "mi-fgsm": MI_FGSM,
        "apgd-ce": APGD_CE,
        "apgd-dlr": APGD_DLR,
        "apgd-t": APGD_T,
        "cw": CARLINI_WAGNER,
        "deepfool": DEEPFOOL,
        "square": SQUARE,
        "auto": AUTO_ATTACK,
        "pgd-crops": PGD_CROPS,
        "pgd-views": PGD_VIEWS,
        "pgd-transformations": PGD_TRANSFORMATIONS,
        "adaptive": ADAPTIVE,
        "pgd-unnoticed": EVADING,
        "written-word": WRITTEN_WORD,
        "patch": PATCH,
        "corruption": CORRUPTION,
        "noise": NOISE,
    },
)
