"""What making views takes. Imports no torch."""

from __future__ import annotations

from ..maps.registry import MAPS
from ..passes import Passes
from ..settings import AttentionSettings, ViewSettings


def guiding_passes(settings: ViewSettings, layers: int) -> Passes:
    """Of the maps that guide the mixing of views, with an image tower of `layers` blocks; none for other kinds."""
    if settings.kind != "attention":
        return Passes()
    guide = AttentionSettings(settings.guide)
    return MAPS.named(guide.map).passes(layers, guide) * settings.count


def view_passes(settings: ViewSettings, layers: int) -> Passes:
    """Of `make_views`: the maps that guide it, and each view once."""
    return guiding_passes(settings, layers) + Passes(settings.count)
