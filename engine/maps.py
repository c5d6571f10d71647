"""The catalogue of maps: how each is drawn from the traced blocks of a picture and one score; knows no model."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from . import rollout
from .backbone import Trace
from .baselines import edges, random_map
from .errors import require
from .settings import AttentionSettings

RANDOM, EDGES = BASELINES = ("random", "edges")
TOWERS = ("vit", "patches", "resnet", "stages")


@dataclass(frozen=True, eq=False, slots=True)
class Evidence:
    """A batch and what was traced of it, the score each picture is asked about, how the tower sums pictures up, and
    what was chosen.

    `score_of` reads the same score off the tokens that a block leaves, (b, tokens, width) -> (b,), as if it were the
    last.
    """

    pixels: Tensor  # (b, 3, s, s)
    trace: Trace
    scores: Tensor  # (b,) scaled cosines or a difference of two, attached to the graph
    score_of: Callable[[Tensor], Tensor]
    grid: tuple[int, int]
    averaged: bool
    settings: AttentionSettings

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
            rollout.contributions(attention.mean(1), depth * rollout.token_weights(depth * dot))
            for attention, dot, depth in zip(self.trace.attention, dots, depths, strict=True)
        ]


Drawn = tuple[Tensor, Tensor]  # raw map (b, gh, gw), degenerate (b,)
Draw = Callable[[Evidence], Drawn]


def _sound(raw: Tensor) -> Drawn:
    return raw, torch.zeros(len(raw), dtype=torch.bool, device=raw.device)


def _raw(evidence: Evidence) -> Drawn:
    attention, head = evidence.trace.attention[0], evidence.settings.head
    count = attention.shape[1]
    require(head is None or head < count, f"Expected a head from 0 to {count - 1}; got {head}.")
    chosen = attention if head is None else attention[:, head : head + 1]
    return _sound(rollout.class_attention(chosen, evidence.grid, evidence.averaged))


def _rollout(evidence: Evidence) -> Drawn:
    settings = evidence.settings
    fused = (rollout.fuse_heads(a, settings.fusion, settings.discard) for a in evidence.trace.attention)
    return _sound(evidence.row(rollout.joint([rollout.contributions(a) for a in fused])))


def _token_grad_cam(evidence: Evidence) -> Drawn:
    tokens = evidence.trace.tokens[-1:]
    return _sound(rollout.token_grad_cam(*tokens, *evidence.gradients(tokens), evidence.grid))


def _grad_cam(evidence: Evidence) -> Drawn:
    layer = evidence.trace.tokens
    return _sound(rollout.grad_cam(*layer, *evidence.gradients(layer)))


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


def _by_values(evidence: Evidence) -> Drawn:
    """Weights are value token times gradient, which equals attention times gradient summed over heads and readers."""
    attention = evidence.trace.attention
    dots = [(a * gradient).sum((1, 2)) for a, gradient in zip(attention, evidence.gradients(attention), strict=True)]
    return _sound(evidence.row(rollout.last_two(evidence.weighted(dots, [1.0, 1.0]))))


def _relevance(evidence: Evidence) -> Drawn:
    attention = evidence.trace.attention
    return _sound(evidence.row(rollout.relevance(attention, evidence.gradients(attention))))


def _legrad(evidence: Evidence) -> Drawn:
    trace, total = evidence.trace, 0.0
    for attention, tokens in zip(trace.attention, trace.left, strict=True):
        with torch.enable_grad():
            score = evidence.score_of(tokens).sum()
        (gradient,) = torch.autograd.grad(score, attention, retain_graph=True)
        total = total + gradient.relu().mean((1, 2)) / len(trace.attention)
    return _sound(total[:, 1:].unflatten(-1, evidence.grid))


def _random(evidence: Evidence) -> Drawn:
    """Seeded by each picture's own bytes as well, so that neither its place in the batch nor its neighbours matter."""
    pictures = evidence.pixels.detach().cpu().numpy()
    seeds = [zlib.crc32(picture.tobytes(), evidence.settings.seed % 2**32) for picture in pictures]
    return _sound(torch.stack([random_map(evidence.grid, seed) for seed in seeds]).to(evidence.scores))


def _edges(evidence: Evidence) -> Drawn:
    return _sound(torch.stack([edges(picture, evidence.grid) for picture in evidence.pixels]).to(evidence.scores))


@dataclass(frozen=True, eq=False, slots=True)
class Map:
    """One way to draw a map: its name in a menu, a sentence for a person, how many last blocks it reads (0: all).

    `draw` has a way for every kind of image tower (`Backbone.kind`) that the map is defined on; on a ResNet the map is
    sharpened by `floor`.
    """

    title: str
    explanation: str
    blocks: int
    draw: dict[str, Draw]
    floor: float = 0.0

    def depth(self, layers: int, settings: AttentionSettings) -> int:
        """How many last blocks of `layers` have to be traced; the chosen layer of raw attention is the first."""
        if self is not MAPS["raw"] or settings.layer is None:
            return self.blocks or layers
        require(settings.layer < layers, f"Expected a layer from 0 to {layers - 1}; got {settings.layer}.")
        return layers - settings.layer


MAPS: dict[str, Map] = {
    "a-tpt": Map(
        "A-TPT (last two blocks)",
        "What A-TPT mixes by: attention of the last two blocks, weighted by each token's gradient evidence;"
        " on a ResNet, sharpened Grad-CAM of its last stage.",
        2,
        {"vit": _last_two, "resnet": _grad_cam},
        0.2,  # as in A-TPT's code
    ),
    "a-tpt-repaired": Map(
        "A-TPT, repaired weights",
        "The same, with evidence taken behind the LayerNorm, where the last block's patches do not cancel to zero.",
        2,
        {"vit": _repaired},
    ),
    "a-tpt-values": Map(
        "A-TPT, weighted by values",
        "The same, with evidence taken from the value tokens: how much the score would rise if a patch were read"
        " louder.",
        2,
        {"vit": _by_values},
    ),
    "raw": Map(
        "Raw attention",
        "How the class token of one block, the last unless another is chosen, spreads its attention; no class is asked"
        " for.",
        1,
        {"vit": _raw},
    ),
    "rollout": Map(
        "Attention rollout",
        "Attention multiplied through all blocks, residual paths included; no class is asked for.",
        0,
        {"vit": _rollout},
    ),
    "gradient-rollout": Map(
        "Gradient rollout (all blocks)",
        "A-TPT's weighted attention multiplied through all blocks.",
        0,
        {"vit": _gradient_rollout},
    ),
    "depth-weighted": Map(
        "Gradient rollout, depth-weighted",
        "The same, with later blocks counting up to twice as much as early ones.",
        0,
        {"vit": _depth_weighted},
    ),
    "relevance": Map(
        "Gradient-weighted relevance",
        "Where attention and its gradient for the class are both positive, carried through all blocks (Chefer et al.,"
        " 2021).",
        0,
        {"vit": _relevance},
    ),
    "legrad": Map(
        "LeGrad",
        "How strongly more attention would raise the score of the class, read off every block by itself, then averaged"
        " (Bousselham et al., 2024).",
        0,
        {"vit": _legrad},
    ),
    "grad-cam": Map(
        "Grad-CAM",
        "The features before the last block, each channel weighted by its mean gradient for the class.",
        1,
        {"vit": _token_grad_cam, "patches": _token_grad_cam, "resnet": _grad_cam, "stages": _grad_cam},
    ),
    RANDOM: Map(
        "Baseline: random",
        "Noise that knows neither picture nor model: what chance scores.",
        1,
        dict.fromkeys(TOWERS, _random),
    ),
    EDGES: Map(
        "Baseline: edges",
        "Where the picture changes (Sobel): what no model is needed for.",
        1,
        dict.fromkeys(TOWERS, _edges),
    ),
}
