"""Where the evidence for a class lies in a picture: every map the explorer offers, computed in batches.

A map is an entry of `MAPS`; it knows the traced blocks and one score per picture, never open_clip or a page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from . import rollout
from .backbone import Backbone, Trace
from .errors import require
from .predict import check_pixels
from .settings import AttentionSettings
from .types import AttentionMap, Classes, upsample

CHUNK = 32
RESNET_FLOORS = {"grad-cam": 0.0, "a-tpt": 0.2}  # maps a ResNet has, and the sharpening of each (A-TPT's code: 0.2)
PATCH_MAPS = ("grad-cam",)  # maps of transformers whose summary comes about in another way than by attention


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


@dataclass(frozen=True, eq=False, slots=True)
class Evidence:
    """A traced batch, the class score each picture is asked about, and how the tower sums a picture up."""

    trace: Trace
    scores: Tensor  # (b,) scaled cosines, attached to the graph
    grid: tuple[int, int]
    averaged: bool

    def row(self, matrix: Tensor) -> Tensor:
        """What the summary of the picture takes from each patch, (b, t, t) -> (b, gh, gw)."""
        return rollout.class_row(matrix, self.grid, self.averaged)

    def gradients(self, of: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """dS/dx for each tensor; scores of one batch do not mix, so one pass serves all pictures."""
        return torch.autograd.grad(self.scores, of, torch.ones_like(self.scores))

    def dots(self, of: tuple[Tensor, ...]) -> list[Tensor]:
        """Token times gradient (b, tokens) for each block, in block order."""
        return [rollout.token_dots(x, gradient) for x, gradient in zip(of, self.gradients(of), strict=True)]

    def weighted(self, dots: list[Tensor], depths: list[float]) -> list[Tensor]:
        """Contributions (b, tokens, tokens) of each block, tokens weighted by `dots` and depth."""
        return [
            rollout.contributions(attention, depth * rollout.token_weights(depth * dot))
            for attention, dot, depth in zip(self.trace.attention, dots, depths, strict=True)
        ]


Drawn = tuple[Tensor, Tensor]  # raw map (b, gh, gw), degenerate (b,)


def _sound(raw: Tensor) -> Drawn:
    return raw, torch.zeros(len(raw), dtype=torch.bool, device=raw.device)


def _raw(evidence: Evidence) -> Drawn:
    return _sound(rollout.class_attention(evidence.trace.attention[-1], evidence.grid, evidence.averaged))


def _rollout(evidence: Evidence) -> Drawn:
    blocks = [rollout.contributions(attention) for attention in evidence.trace.attention]
    return _sound(evidence.row(rollout.joint(blocks)))


def _grad_cam(evidence: Evidence) -> Drawn:
    tokens = evidence.trace.tokens[-1]
    (gradient,) = evidence.gradients((tokens,))
    if tokens.dim() == 4:
        return _sound(rollout.grad_cam(tokens, gradient))
    return _sound(rollout.token_grad_cam(tokens, gradient, evidence.grid))


def _gradient_rollout(evidence: Evidence) -> Drawn:
    return _from_dots(evidence, [1.0] * len(evidence.trace.tokens), rollout.joint)


def _depth_weighted(evidence: Evidence) -> Drawn:
    return _from_dots(evidence, rollout.depth_weights(len(evidence.trace.tokens)), rollout.joint)


def _last_two(evidence: Evidence) -> Drawn:
    return _from_dots(evidence, [1.0, 1.0], rollout.last_two)


def _from_dots(evidence: Evidence, depths: list[float], combine: Callable[[list[Tensor]], Tensor]) -> Drawn:
    dots = evidence.dots(evidence.trace.tokens)
    blocks = evidence.weighted(dots, depths)
    raw = evidence.row(combine(blocks))
    return _sound(raw) if evidence.averaged else (raw, dots[-1][:, 0] <= 0)


def _repaired(evidence: Evidence) -> Drawn:
    blocks = evidence.weighted(evidence.dots(evidence.trace.normed), [1.0, 1.0])
    return _sound(evidence.row(rollout.last_two(blocks)))


@dataclass(frozen=True, eq=False, slots=True)
class Map:
    """One way to draw a map: its name in a menu, a sentence for a person, how many last blocks it reads (0: all)."""

    title: str
    explanation: str
    blocks: int
    draw: Callable[[Evidence], Drawn]


MAPS: dict[str, Map] = {
    "a-tpt": Map(
        "A-TPT (last two blocks)",
        "What A-TPT mixes by: attention of the last two blocks, weighted by each token's gradient evidence;"
        " on a ResNet, sharpened Grad-CAM of its last stage.",
        2,
        _last_two,
    ),
    "a-tpt-repaired": Map(
        "A-TPT, repaired weights",
        "The same, with evidence taken behind the LayerNorm, where the last block's patches do not cancel to zero.",
        2,
        _repaired,
    ),
    "raw": Map(
        "Raw attention", "How the last block's class token spreads its attention; no class is asked for.", 1, _raw
    ),
    "rollout": Map(
        "Attention rollout",
        "Attention multiplied through all blocks, residual paths included; no class is asked for.",
        0,
        _rollout,
    ),
    "gradient-rollout": Map(
        "Gradient rollout (all blocks)",
        "A-TPT's weighted attention multiplied through all blocks.",
        0,
        _gradient_rollout,
    ),
    "depth-weighted": Map(
        "Gradient rollout, depth-weighted",
        "The same, with later blocks counting up to twice as much as early ones.",
        0,
        _depth_weighted,
    ),
    "grad-cam": Map(
        "Grad-CAM",
        "The features before the last block, each channel weighted by its mean gradient for the class.",
        1,
        _grad_cam,
    ),
}


def methods_for(backbone: Backbone) -> tuple[str, ...]:
    """The keys of `MAPS` that this backbone can draw, in menu order."""
    return {"vit": tuple(MAPS), "patches": PATCH_MAPS, "resnet": tuple(RESNET_FLOORS)}.get(backbone.kind, ())


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
    floor = RESNET_FLOORS[settings.method] if backbone.kind == "resnet" else 0.0
    parts = pixels.split(CHUNK)
    asked = [None] * len(parts) if labels is None else labels.split(CHUNK)
    drawn = [_chunk(backbone, x, text_features, settings, y) for x, y in zip(parts, asked, strict=True)]
    raw, tops, degenerate = (torch.cat(column) for column in zip(*drawn, strict=True))
    return MapBatch(raw, rollout.stretch(raw, settings.clip_quantile), tops, degenerate, floor)


def _chunk(
    backbone: Backbone, pixels: Tensor, text: Tensor, settings: AttentionSettings, labels: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    chosen = MAPS[settings.method]
    trace = backbone.trace(pixels, chosen.blocks or backbone.layers)
    draw = _grad_cam if backbone.kind == "resnet" else chosen.draw
    with torch.enable_grad():
        logits = backbone.logits(trace.features, text)
        tops = logits.argmax(-1) if labels is None else labels.to(logits.device)
        scores = logits.gather(1, tops[:, None])[:, 0]
    raw, degenerate = draw(Evidence(trace, scores, backbone.grid, backbone.averaged))
    return raw.detach(), tops, degenerate


def _require_map(backbone: Backbone, method: str) -> None:
    require(method in MAPS, f"Expected the map to be one of {', '.join(MAPS)}; got “{method}”.")
    require(
        backbone.kind != "resnet" or method in RESNET_FLOORS,
        f"{MAPS[method].title} reads a transformer's tokens and {backbone.name} is a ResNet, which has none;"
        f" choose {' or '.join(RESNET_FLOORS)}.",
    )
    require(
        backbone.kind != "patches" or method in PATCH_MAPS,
        f"{MAPS[method].title} follows attention to a class token or a mean of patches, and {backbone.name} sums a"
        f" picture up in another way; choose {' or '.join(PATCH_MAPS)}.",
    )
