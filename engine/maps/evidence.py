"""What maps are drawn from: the traced blocks of a batch of pictures and one score each; knows no model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from ..models import Trace
from ..numerics import rollout
from ..numerics.gradients import gradients
from ..settings import AttentionSettings


@dataclass(frozen=True, eq=False, slots=True)
class Evidence:
    """A batch and what was traced of it, the score each picture is asked about, how the tower sums pictures up, and
    what was chosen.

    `score_of` reads the same score off one token a picture that a block leaves, (b, width) -> (b,), as if the block
    were the last and the token the summary.
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
        return gradients(self.scores, of)

    def dots(self, of: tuple[Tensor, ...]) -> list[Tensor]:
        """Token times gradient (b, tokens) for each block, in block order."""
        return [rollout.token_dots(x, gradient) for x, gradient in zip(of, self.gradients(of), strict=True)]

    def weighted(self, dots: list[Tensor], depths: list[float]) -> list[Tensor]:
        """Contributions (b, tokens, tokens) of each block, tokens weighted by `dots` and depth."""
        columns = zip(self.trace.attention, dots, depths, strict=True)
        return [rollout.weighted_contributions(attention, dot, depth) for attention, dot, depth in columns]
