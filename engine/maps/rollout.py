"""Attention rollout: attention multiplied through all blocks (Abnar & Zuidema, ACL 2020)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import numerics
from .base import Map, never_degenerate

if TYPE_CHECKING:
    from .base import Drawn
    from .evidence import Evidence


def attention_rollout(evidence: Evidence) -> Drawn:
    """The product of all blocks' attention, heads fused and entries discarded as the settings say."""
    rollout, settings = numerics.rollout, evidence.settings
    fused = (rollout.fuse_heads(a, settings.fusion, settings.discard) for a in evidence.trace.attention)
    return never_degenerate(evidence.row(rollout.joint([rollout.contributions(a) for a in fused])))


ROLLOUT = Map(
    title="Attention rollout",
    explanation="Attention multiplied through all blocks, residual paths included; no class is asked for.",
    source="Abnar & Zuidema, ACL 2020",
    blocks=0,
    draw={"vit": attention_rollout},
    class_specific=False,
)
