"""Where the evidence for a class lies in a picture: every map the explorer offers, computed in batches.

How each is drawn stands in `engine.maps`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from . import rollout
from .backbone import Backbone
from .errors import require
from .maps import MAPS, Evidence
from .predict import check_pixels
from .settings import AttentionSettings
from .types import AttentionMap, Classes, upsample

CHUNK = 32


@dataclass(frozen=True, eq=False, slots=True)
class MapBatch:
    """Maps of b pictures in the backbone's precision; fields as in `AttentionMap`."""

    raw: Tensor  # (b, gh, gw)
    grid: Tensor  # (b, gh, gw) in [0, 1]
    labels: Tensor  # (b,) int64
    degenerate: Tensor  # (b,) bool
    floor: float

    def upsampled(self, size: int) -> Tensor:
        """The grids stretched to (b, size, size) and sharpened where the method says so."""
        return upsample(self.grid, size, self.floor)


def methods_for(backbone: Backbone) -> tuple[str, ...]:
    """The keys of `MAPS` that this backbone can draw, in menu order."""
    return tuple(name for name, drawn in MAPS.items() if backbone.kind in drawn.draw)


def attend(
    backbone: Backbone, pixels: Tensor, classes: Classes, settings: AttentionSettings, label: int | None = None
) -> AttentionMap:
    """The map of one picture (3, s, s) for class `label`, or for its own top class where `label` is None."""
    check_pixels(backbone, pixels)
    text = backbone.encode_text(classes)
    require(
        label is None or 0 <= label < len(classes),
        f"Expected a class number from 0 to {len(classes) - 1}; got {label}.",
    )
    labels = None if label is None else torch.tensor([label])
    maps = attention_maps(backbone, pixels[None], text, settings, labels)
    raw, grid = maps.raw[0].float().cpu(), maps.grid[0].float().cpu()
    return AttentionMap(raw, grid, settings.method, int(maps.labels), bool(maps.degenerate), maps.floor)


def attention_maps(
    backbone: Backbone,
    pixels: Tensor,
    text_features: Tensor,
    settings: AttentionSettings,
    labels: Tensor | None = None,
) -> MapBatch:
    """Maps of pictures (b, 3, s, s) for `labels` (b,), or each for its own top class under `text_features` (c, d).

    Batched and one by one agree up to rounding. Raises `EngineError` for a method that does not exist or that this
    backbone has no tokens for.
    """
    _require_map(backbone, settings.method)
    floor = MAPS[settings.method].floor if backbone.kind == "resnet" else 0.0
    parts = pixels.split(CHUNK)
    asked = [None] * len(parts) if labels is None else labels.split(CHUNK)
    drawn = [_chunk(backbone, x, text_features, settings, y) for x, y in zip(parts, asked, strict=True)]
    raw, tops, degenerate = (torch.cat(column) for column in zip(*drawn, strict=True))
    return MapBatch(raw, rollout.stretch(raw, settings.clip_quantile), tops, degenerate, floor)


def _chunk(
    backbone: Backbone, pixels: Tensor, text: Tensor, settings: AttentionSettings, labels: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    chosen = MAPS[settings.method]
    trace = backbone.trace(pixels, chosen.depth(backbone.layers, settings))
    with torch.enable_grad():
        logits = backbone.logits(trace.features, text)
        tops = logits.argmax(-1) if labels is None else labels.to(logits.device)
        scores = logits.gather(1, tops[:, None])[:, 0]
    evidence = Evidence(trace, scores, backbone.grid, backbone.averaged, settings)
    raw, degenerate = chosen.draw[backbone.kind](evidence)
    return raw.detach(), tops, degenerate


def _require_map(backbone: Backbone, method: str) -> None:
    require(method in MAPS, f"Expected the map to be one of {', '.join(MAPS)}; got “{method}”.")
    known = methods_for(backbone)
    why = (
        f"reads a transformer's tokens and {backbone.name} is a ResNet, which has none"
        if backbone.kind == "resnet"
        else "follows attention to a class token or a mean of patches, and"
        f" {backbone.name} sums a picture up in another way"
    )
    instead = f"; choose {' or '.join(known)}" if known else ""
    require(method in known, f"{MAPS[method].title} {why}{instead}.")
