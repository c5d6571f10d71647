"""Gradient-weighted relevance, carried through all blocks (Chefer et al., ICCV 2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import numerics
from .base import Map, never_degenerate

if TYPE_CHECKING:
    from .base import Drawn
    from .evidence import Evidence


def gradient_weighted(evidence: Evidence) -> Drawn:
    """The relevance of each patch for the summary, from attention times its gradient in all blocks."""
    attention = evidence.trace.attention
    return never_degenerate(evidence.row(numerics.rollout.relevance(attention, evidence.gradients(attention))))


RELEVANCE = Map(
    title="Gradient-weighted relevance",
    explanation="Where attention and its gradient for the class are both positive, carried through all blocks.",
    source="Chefer et al., ICCV 2021",
    blocks=0,
    draw={"vit": gradient_weighted},
)
