"""All attention heads of one picture at a glance, each as a small picture that can be pressed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

import engine
from app.figures.html import esc
from app.figures.maps import Look, colour_bar, data_uri, numbered_bar
from app.text import attention as text


def head_grid(
    maps: Tensor, scale: engine.overlays.Scale | None, look: Look, order: Sequence[Sequence[int]], notes: Tensor
) -> str:
    """Maps (layers, heads, gh, gw), one row a layer, heads in the `order` of their layer, and their colour bar.

    `scale` is shared by all, or each has its own (None); `notes` (layers, heads) are the entropies that tooltips tell.
    """
    rows = "".join(
        f'<div class="head-row"><span class="layer">layer {layer + 1}</span>'
        + "".join(
            _tile(maps, layer, head, scale, look, notes, first=not layer and not place)
            for place, head in enumerate(order[layer])
        )
        + "</div>"
        for layer in range(len(maps))
    )
    bar = colour_bar(text.HEADS_ENDS, look.colour_map) if scale is None else numbered_bar(scale, look.colour_map)
    unit = f'<p class="fine">{esc(text.HEADS_UNIT)}</p>'
    return f'<div class="heads" style="--heads:{maps.shape[1]}">{rows}</div><div class="scale">{bar}{unit}</div>'


def opened_tile(place: int, name: str) -> str:
    """A style that rings the tile of the head that is opened, and names it there."""
    tile = f'#heads [data-index="{place}"]'
    ring = "box-shadow:0 0 0 3px var(--accent);overflow:visible;z-index:4"
    return f'<style>{tile}{{{ring}}}{tile}::after{{content:"{name}"}}</style>'


def _tile(
    maps: Tensor, layer: int, head: int, scale: engine.overlays.Scale | None, look: Look, notes: Tensor, first: bool
) -> str:
    values = maps[layer, head].numpy()
    name = text.HEAD.format(layer=layer + 1, head=head + 1)
    tooltip = f"{name}: entropy {float(notes[layer, head]):.2f} nats"
    shares = (scale or engine.overlays.scale_of(values)).shares(values)
    drawn = engine.overlays.coloured(shares, look.colour_map)
    return (
        f'<button type="button" class="head-tile" data-index="{layer * maps.shape[1] + head}" title="{esc(tooltip)}"'
        f' tabindex="{0 if first else -1}">'
        f'<img src="{data_uri(np.ascontiguousarray(drawn))}" alt="{esc(tooltip)}"><span>{head + 1}</span></button>'
    )
