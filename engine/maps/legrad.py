"""LeGrad: the gradient of each block's own score with respect to its attention (Bousselham et al., ICCV 2025)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import LastBlocks, never_degenerate

if TYPE_CHECKING:
    from .base import Drawn
    from .evidence import Evidence


def legrad(evidence: Evidence) -> Drawn:
    """The positive part of the gradients, mean over heads, readers and blocks."""
    import torch

    trace = evidence.trace
    total = evidence.scores.new_zeros(())
    for attention, tokens in zip(trace.attention, trace.left, strict=True):
        with torch.enable_grad():
            score = evidence.score_of(tokens.mean(1)).sum()
        (gradient,) = torch.autograd.grad(score, attention, retain_graph=True)
        total = total + gradient.relu().mean((1, 2)) / len(trace.attention)
    return never_degenerate(total[:, 1:].unflatten(-1, evidence.grid))


LEGRAD = LastBlocks(
    title="LeGrad",
    explanation="How much more attention would raise the score of the mean token, read off every block by itself, then"
    " averaged over all, as in the paper, or over the last ones chosen; its code reads two unless told otherwise.",
    source="Bousselham et al., ICCV 2025",
    blocks=0,
    draw={"vit": legrad},
    whole=True,
)
