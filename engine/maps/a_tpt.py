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


RESIDUE = 0.1  # the largest share of a sound map that may stem from the weights of the last block's patches


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
    """A map, degenerate where more than `RESIDUE` of it stems from the weights of the last block's patches.

    Where a class token sums the picture up, a patch of the last block is read through a LayerNorm alone. That ignores
    the size of its token, so the patch's evidence is zero, and its weight what rounding and the LayerNorm's epsilon
    leave. Scaling weights to sum to 1 can make a whole map of that.
    """
    dots = evidence.dots(evidence.trace.tokens)
    blocks = evidence.weighted(dots, depths)
    raw = evidence.row(combine(blocks))
    if evidence.averaged:
        return never_degenerate(raw)
    class_token = dots[-1].clone()
    class_token[:, 1:] = 0
    last = numerics.rollout.weighted_contributions(evidence.trace.attention[-1], class_token, depths[-1])
    sound = evidence.row(combine([*blocks[:-1], last]))
    return raw, (raw - sound).abs().sum((-2, -1)) > RESIDUE * raw.sum((-2, -1))


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
