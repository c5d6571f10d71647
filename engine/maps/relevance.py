"""Gradient-weighted relevance, carried from block to block (Chefer et al., ICCV 2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import numerics
from .base import LastBlocks, never_degenerate

if TYPE_CHECKING:
    from .base import Drawn
    from .evidence import Evidence


def gradient_weighted(evidence: Evidence) -> Drawn:
    """The relevance of each patch for the summary, from attention times its gradient in the blocks read."""
    attention = evidence.trace.attention
    return never_degenerate(evidence.row(numerics.rollout.relevance(attention, evidence.gradients(attention))))


RELEVANCE = LastBlocks(
    title="Gradient-weighted relevance",
    explanation="Where attention and its gradient for the class are both positive, carried through all blocks, as in"
    " the paper, or through the last ones chosen; its CLIP notebook reads the last alone.",
    source="Chefer et al., ICCV 2021",
    blocks=0,
    draw={"vit": gradient_weighted},
)
