"""The registry of maps. Imports no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..registry import Registry
from . import a_tpt, baselines, grad_cam, legrad, raw, relevance, rollout
from .base import Map

if TYPE_CHECKING:
    from ..models import Backbone

MAPS: Registry[Map] = Registry(
    "map",
    {
        "a-tpt": a_tpt.A_TPT,
        "a-tpt-repaired": a_tpt.REPAIRED,
        "a-tpt-values": a_tpt.BY_VALUES,
        "raw": raw.RAW,
        "rollout": rollout.ROLLOUT,
        "gradient-rollout": a_tpt.GRADIENT_ROLLOUT,
        "depth-weighted": a_tpt.DEPTH_WEIGHTED,
        "relevance": relevance.RELEVANCE,
        "legrad": legrad.LEGRAD,
        "grad-cam": grad_cam.GRAD_CAM,
        "random": baselines.RANDOM,
        "edges": baselines.EDGES,
    },
)


def maps_for(backbone: Backbone) -> tuple[str, ...]:
    """The names in `MAPS` of the maps that this backbone can draw, in menu order."""
    return tuple(name for name, chosen in MAPS.items() if backbone.kind in chosen.draw)
