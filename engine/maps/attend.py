"""Where the evidence for a class lies in a picture: every map the explorer offers, computed in batches.

How each is drawn stands in a file of its own, listed in `engine.maps.registry`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from ..classes import Classes
from ..errors import require
from ..models import Backbone
from ..models.predict import check_pixels
from ..models.shuffle import shuffled
from ..numerics import rollout
from ..numerics.upsampling import upsample
from ..results import AttentionMap
from ..settings import AttentionSettings
from .evidence import Evidence
from .registry import MAPS, maps_for


@dataclass(frozen=True, eq=False, slots=True)
class MapBatch:
    """Maps of b pictures, float32 whatever the precision of the weights; fields as in `AttentionMap`."""

    raw: Tensor  # (b, gh, gw)
    grid: Tensor  # (b, gh, gw) in [0, 1]
    labels: Tensor  # (b,) int64
    degenerate: Tensor  # (b,) bool
    floor: float

    def upsampled(self, size: int) -> Tensor:
        """The grids stretched to (b, size, size) and sharpened where the map says so."""
        return upsample(self.grid, size, self.floor)


def attend(
    backbone: Backbone,
    pixels: Tensor,
    classes: Classes,
    settings: AttentionSettings,
    label: int | str | None = None,
    against: int | str | None = None,
) -> AttentionMap:
    """The map of one picture (3, s, s) for class `label`, or for its own top class where `label` is None.

    Classes go by number or name. With `against`, gradient maps show what speaks for the one class rather than for the
    other: their score is the difference of two logits. Raises `EngineError` for a class that is not there, and for one
    held against itself or against nothing.
    """
    check_pixels(backbone, pixels)
    require(
        against is None or label is not None,
        "Expected a class to hold against the other; name both, or leave out the other.",
    )
    own, other = (None if asked is None else _number(classes, asked) for asked in (label, against))
    require(other is None or own != other, "Expected two different classes; got the same one twice.")
    labels, rivals = (None if number is None else torch.tensor([number]) for number in (own, other))
    maps = attention_maps(backbone, pixels[None], backbone.encode_text(classes), settings, labels, rivals)
    return AttentionMap(
        maps.raw[0].float().cpu(),
        maps.grid[0].float().cpu(),
        settings.map,
        int(maps.labels),
        bool(maps.degenerate),
        maps.floor,
        other,
    )


def _number(classes: Classes, asked: int | str) -> int:
    if isinstance(asked, str):
        return classes.index(asked)
    require(0 <= asked < len(classes), f"Expected a class number from 0 to {len(classes) - 1}; got {asked}.")
    return asked


def attention_maps(
    backbone: Backbone,
    pixels: Tensor,
    text_features: Tensor,
    settings: AttentionSettings,
    labels: Tensor | None = None,
    rivals: Tensor | None = None,
) -> MapBatch:
    """Maps of pictures (b, 3, s, s) for `labels` (b,), or each for its own top class under `text_features` (c, d).

    With `rivals` (b,) the score is the difference of two logits. Batched and one by one agree up to rounding, but
    degenerate maps are made of rounding and differ. Raises `EngineError` for a map that does not exist or that this
    backbone has no tokens for.
    """
    _require_map(backbone, settings.map)
    if settings.shuffled:
        backbone = shuffled(backbone, settings.shuffled, settings.seed)
    floor = MAPS[settings.map].floor if backbone.kind == "resnet" else 0.0
    draw = partial(_chunk, backbone, text_features, settings)
    drawn = backbone.map_batches.run(draw, pixels, labels, rivals)
    raw, tops, degenerate = (torch.cat(column) for column in zip(*drawn, strict=True))
    return MapBatch(raw, rollout.stretch(raw, settings.clip_quantile), tops, degenerate, floor)


def _chunk(
    backbone: Backbone,
    text: Tensor,
    settings: AttentionSettings,
    pixels: Tensor,
    labels: Tensor | None,
    rivals: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor]:
    evidence, tops = gather(backbone, pixels, text, settings, labels, rivals)
    with torch.no_grad():
        raw, degenerate = MAPS[settings.map].draw[backbone.kind](evidence)
    return raw, tops, degenerate


def gather(
    backbone: Backbone,
    pixels: Tensor,
    text: Tensor,
    settings: AttentionSettings,
    labels: Tensor | None = None,
    rivals: Tensor | None = None,
) -> tuple[Evidence, Tensor]:
    """What a map of pictures (b, 3, s, s) is drawn from, and the classes (b,) it is about; as for `attention_maps`."""
    chosen = MAPS[settings.map]
    trace = backbone.trace(pixels, chosen.depth(backbone.layers, settings), chosen.whole)
    with torch.no_grad():
        tops = backbone.logits(trace.features, text).argmax(-1) if labels is None else labels.to(text.device)

    def score(features: Tensor) -> Tensor:
        logits = backbone.logits(features, text)
        scores = logits.gather(1, tops[:, None])[:, 0]
        return scores if rivals is None else scores - logits.gather(1, rivals.to(text.device)[:, None])[:, 0]

    with torch.enable_grad():
        scores = score(trace.features)
    read = partial(_read, backbone, score)
    return Evidence(pixels, trace, scores, read, backbone.grid, backbone.averaged, settings), tops


def _read(backbone: Backbone, score: Callable[[Tensor], Tensor], token: Tensor) -> Tensor:
    return score(backbone.read_token(token))


def _require_map(backbone: Backbone, name: str) -> None:
    chosen = MAPS.named(name)
    *others, last = maps_for(backbone) or ("another model",)
    convolves = {"resnet": "is a ResNet", "stages": "is a convolutional tower"}.get(backbone.kind)
    why = (
        f"reads a transformer's tokens and {backbone.name} {convolves}, which has none"
        if convolves
        else "follows attention to a class token or a mean of patches, and"
        f" {backbone.name} sums a picture up in another way"
    )
    instead = f"{', '.join(others)} or {last}" if others else last
    require(backbone.kind in chosen.draw, f"{chosen.title} {why}; choose {instead}.")
