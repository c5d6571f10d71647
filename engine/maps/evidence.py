"""What maps are drawn from, the traced blocks of a picture and one score, and every way to draw one; knows no model."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import require
from ..models import Trace
from ..numerics import rollout
from ..numerics.baselines import edges, random_map
from ..settings import AttentionSettings


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


def raw(evidence: Evidence) -> Drawn:
    """The class token's attention in the chosen layer and head; raises `EngineError` for a head that is not there."""
    attention, head = evidence.trace.attention[0], evidence.settings.head
    count = attention.shape[1]
    require(head is None or head < count, f"Expected a head from 0 to {count - 1}; got {head}.")
    chosen = attention if head is None else attention[:, head : head + 1]
    return _sound(rollout.class_attention(chosen, evidence.grid, evidence.averaged))


def rolled_out(evidence: Evidence) -> Drawn:
    """Attention multiplied through all blocks (Abnar & Zuidema, ACL 2020)."""
    settings = evidence.settings
    fused = (rollout.fuse_heads(a, settings.fusion, settings.discard) for a in evidence.trace.attention)
    return _sound(evidence.row(rollout.joint([rollout.contributions(a) for a in fused])))


def token_grad_cam(evidence: Evidence) -> Drawn:
    """Grad-CAM on the tokens that enter the last block."""
    tokens = evidence.trace.tokens[-1:]
    return _sound(rollout.token_grad_cam(*tokens, *evidence.gradients(tokens), evidence.grid))


def grad_cam(evidence: Evidence) -> Drawn:
    """Grad-CAM on a ResNet's last stage (Selvaraju et al., ICCV 2017)."""
    layer = evidence.trace.tokens
    return _sound(rollout.grad_cam(*layer, *evidence.gradients(layer)))


def gradient_rollout(evidence: Evidence) -> Drawn:
    """Attention weighted by token evidence, multiplied through all blocks."""
    return _from_dots(evidence, [1.0] * len(evidence.trace.tokens), rollout.joint)


def depth_weighted(evidence: Evidence) -> Drawn:
    """The same, later blocks counting up to twice as much."""
    return _from_dots(evidence, rollout.depth_weights(len(evidence.trace.tokens)), rollout.joint)


def last_two(evidence: Evidence) -> Drawn:
    """A-TPT's map, as released."""
    return _from_dots(evidence, [1.0, 1.0], rollout.last_two)


def _from_dots(evidence: Evidence, depths: list[float], combine: Callable[[list[Tensor]], Tensor]) -> Drawn:
    dots = evidence.dots(evidence.trace.tokens)
    blocks = evidence.weighted(dots, depths)
    raw = evidence.row(combine(blocks))
    return _sound(raw) if evidence.averaged else (raw, dots[-1][:, 0] <= 0)


def repaired(evidence: Evidence) -> Drawn:
    """A-TPT's map with evidence taken behind the LayerNorm."""
    blocks = evidence.weighted(evidence.dots(evidence.trace.normed), [1.0, 1.0])
    return _sound(evidence.row(rollout.last_two(blocks)))


def by_values(evidence: Evidence) -> Drawn:
    """Weights are value token times gradient, which equals attention times gradient summed over heads and readers."""
    attention = evidence.trace.attention
    dots = [(a * gradient).sum((1, 2)) for a, gradient in zip(attention, evidence.gradients(attention), strict=True)]
    return _sound(evidence.row(rollout.last_two(evidence.weighted(dots, [1.0, 1.0]))))


def gradient_weighted(evidence: Evidence) -> Drawn:
    """Relevance by attention times gradient (Chefer et al., ICCV 2021)."""
    attention = evidence.trace.attention
    return _sound(evidence.row(rollout.relevance(attention, evidence.gradients(attention))))


def legrad(evidence: Evidence) -> Drawn:
    """The positive gradient of each block's own score with respect to its attention, mean over heads, readers and
    blocks (Bousselham et al., 2024)."""
    trace, total = evidence.trace, 0.0
    for attention, tokens in zip(trace.attention, trace.left, strict=True):
        with torch.enable_grad():
            score = evidence.score_of(tokens).sum()
        (gradient,) = torch.autograd.grad(score, attention, retain_graph=True)
        total = total + gradient.relu().mean((1, 2)) / len(trace.attention)
    return _sound(total[:, 1:].unflatten(-1, evidence.grid))


def noise(evidence: Evidence) -> Drawn:
    """Seeded by each picture's own bytes as well, so that neither its place in the batch nor its neighbours matter."""
    pictures = evidence.pixels.detach().cpu().numpy()
    seeds = [zlib.crc32(picture.tobytes(), evidence.settings.seed % 2**32) for picture in pictures]
    return _sound(torch.stack([random_map(evidence.grid, seed) for seed in seeds]).to(evidence.scores))


def sobel(evidence: Evidence) -> Drawn:
    """Where each picture changes."""
    return _sound(torch.stack([edges(picture, evidence.grid) for picture in evidence.pixels]).to(evidence.scores))
