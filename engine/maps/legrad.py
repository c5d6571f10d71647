"""LeGrad: the gradient of each block's own score with respect to its attention (Bousselham et al., 2024)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Map, never_degenerate

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
            score = evidence.score_of(tokens).sum()
        (gradient,) = torch.autograd.grad(score, attention, retain_graph=True)
        total = total + gradient.relu().mean((1, 2)) / len(trace.attention)
    return never_degenerate(total[:, 1:].unflatten(-1, evidence.grid))


LEGRAD = Map(
    title="LeGrad",
    explanation="How much more attention would raise the score of the class, read off every block by itself, then"
    " averaged.",
    source="Bousselham et al., 2024",
    blocks=0,
    draw={"vit": legrad},
)
