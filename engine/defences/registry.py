"""Test-time defences by name, in menu order: a new paper is one file of this package and one line here."""

from __future__ import annotations

from ..registry import Registry
from .a_tpt import A_TPT, A_TPT_REPAIRED, A_TPT_TV
from .agc import AGC
from .base import Defence
from .c_tpt import C_TPT
from .clip import CLIP, CLIP_TEMPLATES, VIEW_AVERAGE
from .clipure import CLIPURE, CLIPURE_SHORT
from .dbd import DBD
from .et3 import ET3
from .mac import MAC
from .mta import MTA
from .o_tpt import O_TPT
from .r_tpt import R_TPT
from .ss_tpt import SS_TPT
from .t_vss import T_VSS
from .tda import TDA
from .tps import TPS
from .tpt import TPT
from .ttc import TTC
from .ttp import TTP, TTP_INSIDE
from .zero import ZERO

DEFENCES: Registry[Defence] = Registry(
    "defence",
    {
        "clip": CLIP,
        "clip-templates": CLIP_TEMPLATES,
        "view-average": VIEW_AVERAGE,
        "tpt": TPT,
        "c-tpt": C_TPT,
        "o-tpt": O_TPT,
        "tps": TPS,
        "mta": MTA,
        "zero": ZERO,
        "tda": TDA,
        "ss-tpt": SS_TPT,
        "t-vss": T_VSS,
        "r-tpt": R_TPT,
        "a-tpt": A_TPT,
        "a-tpt-tv": A_TPT_TV,
        "a-tpt-repaired": A_TPT_REPAIRED,
        "agc": AGC,
        "dbd": DBD,
        "ttp": TTP,
        "ttp-inside": TTP_INSIDE,
        "clipure": CLIPURE,
        "clipure-short": CLIPURE_SHORT,
        "ttc": TTC,
        "mac": MAC,
        "et3": ET3,
    },
)
PURIFIERS: Registry[Defence] = Registry(  # those that may also clean the picture before another defence
    "purifier", {name: defence for name, defence in DEFENCES.items() if defence.purify is not None}
)
