"""The maps of A-TPT (ICML 2026): attention weighted by each token's gradient evidence, as released and varied."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .. import numerics
from .base import Map, never_degenerate
from .grad_cam import layer_grad_cam

if TYPE_CHECKING:
    from torch import Tensor

    from .base import Drawn
    from .evidence import Evidence


def last_two(evidence: Evidence) -> Drawn:
    """A-TPT's map, as released."""
    return _by_token_evidence(evidence, [1.0, 1.0], numerics.rollout.last_two)


def gradient_rollout(evidence: Evidence) -> Drawn:
    """Attention weighted by token evidence, multiplied through all blocks."""
    return _by_token_evidence(evidence, [1.0] * len(evidence.trace.tokens), numerics.rollout.joint)


def depth_weighted(evidence: Evidence) -> Drawn:
    """As `gradient_rollout`, later blocks counting up to twice as much."""
    rollout = numerics.rollout
    return _by_token_evidence(evidence, rollout.depth_weights(len(evidence.trace.tokens)), rollout.joint)


def _by_token_evidence(evidence: Evidence, depths: list[float], combine: Callable[[list[Tensor]], Tensor]) -> Drawn:
    dots = evidence.dots(evidence.trace.tokens)
    raw = evidence.row(combine(evidence.weighted(dots, depths)))
    return never_degenerate(raw) if evidence.averaged else (raw, dots[-1][:, 0] <= 0)


def repaired(evidence: Evidence) -> Drawn:
    """A-TPT's map with evidence taken behind the LayerNorm."""
    return _last_two_by(evidence, evidence.dots(evidence.trace.normed))


def by_values(evidence: Evidence) -> Drawn:
    """Weights are value token times gradient, which equals attention times gradient summed over heads and readers."""
    attention = evidence.trace.attention
    dots = [(a * gradient).sum((1, 2)) for a, gradient in zip(attention, evidence.gradients(attention), strict=True)]
    return _last_two_by(evidence, dots)


def _last_two_by(evidence: Evidence, dots: list[Tensor]) -> Drawn:
    return never_degenerate(evidence.row(numerics.rollout.last_two(evidence.weighted(dots, [1.0, 1.0]))))


A_TPT = Map(
    title="A-TPT (last two blocks)",
    explanation="The map that A-TPT mixes by: attention of the last two blocks, weighted by each token's gradient"
    " evidence; on a ResNet, sharpened Grad-CAM of its last stage.",
    source="A-TPT, ICML 2026, as released",
    blocks=2,
    draw={"vit": last_two, "resnet": layer_grad_cam},
    floor=0.2,  # as in A-TPT's code
)
REPAIRED = Map(
    title="A-TPT, repaired weights",
    explanation="The same, with evidence taken behind the LayerNorm, where the last block's patches do not cancel to"
    " zero.",
    source="A-TPT with weights of ours",
    blocks=2,
    draw={"vit": repaired},
)
BY_VALUES = Map(
    title="A-TPT, weighted by values",
    explanation="The same, with evidence taken from the value tokens: how much the score would rise if a patch were"
    " read louder.",
    source="A-TPT with weights of ours",
    blocks=2,
    draw={"vit": by_values},
)
GRADIENT_ROLLOUT = Map(
    title="Gradient rollout (all blocks)",
    explanation="A-TPT's weighted attention multiplied through all blocks.",
    source="A-TPT's released code",
    blocks=0,
    draw={"vit": gradient_rollout},
)
DEPTH_WEIGHTED = Map(
    title="Gradient rollout, depth-weighted",
    explanation="The same, with later blocks counting up to twice as much as early ones.",
    source="A-TPT's released code",
    blocks=0,
    draw={"vit": depth_weighted},
)
