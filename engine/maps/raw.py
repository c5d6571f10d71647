"""Raw attention: what the class token of one block attends to (Caron et al., ICCV 2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import numerics
from ..errors import require
from ..settings import AttentionSettings
from .base import Map, never_degenerate

if TYPE_CHECKING:
    from .base import Drawn
    from .evidence import Evidence


class RawAttention(Map):
    """A map of one block, `AttentionSettings.layer`, which is the first of those that are traced."""

    def depth(self, layers: int, settings: AttentionSettings) -> int:
        """How many last blocks of `layers` have to be traced; raises `EngineError` for a layer that is not there."""
        if settings.layer is None:
            return self.blocks
        require(settings.layer < layers, f"Expected a layer from 0 to {layers - 1}; got {settings.layer}.")
        return layers - settings.layer


def raw_attention(evidence: Evidence) -> Drawn:
    """The class token's attention in the chosen layer and head; raises `EngineError` for a head that is not there."""
    attention, head = evidence.trace.attention[0], evidence.settings.head
    count = attention.shape[1]
    require(head is None or head < count, f"Expected a head from 0 to {count - 1}; got {head}.")
    chosen = attention if head is None else attention[:, head : head + 1]
    return never_degenerate(numerics.rollout.class_attention(chosen, evidence.grid, evidence.averaged))


RAW = RawAttention(
    title="Raw attention",
    explanation="How the class token of one block, the last unless another is chosen, spreads its attention; no class"
    " is asked for.",
    source="Caron et al., ICCV 2021",
    blocks=1,
    draw={"vit": raw_attention},
    class_specific=False,
)
