"""What making views takes. Imports no torch."""

from __future__ import annotations

from ..maps.registry import MAPS
from ..passes import Passes
from ..settings import AttentionSettings, ViewSettings


def view_passes(settings: ViewSettings, layers: int) -> Passes:
    """Of `make_views` with an image tower of `layers` blocks: each view once, and the map that guides its mixing."""
    each = Passes(1)
    if settings.kind == "attention":
        each += MAPS.named(settings.guide).passes(layers, AttentionSettings(settings.guide))
    return each * settings.count
