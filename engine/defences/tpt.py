"""TPT (Shu et al., NeurIPS 2022): the prompt is tuned until the surest views agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Defence, Kept, first_view, views_of

if TYPE_CHECKING:
    from torch import Tensor


def entropy_of_mean(kept: Kept) -> Tensor:
    """Entropy of the mean prediction, () in nats (TPT, equation 3)."""
    from ..numerics.measures import marginal_entropy

    return marginal_entropy(kept.logits)


TPT = Defence(
    title="TPT",
    source="Shu et al., NeurIPS 2022",
    explanation="The prompt is tuned until the surest crops agree; the picture is then looked at once.",
    views=views_of("augmix"),
    loss=entropy_of_mean,
    answer=first_view,
)
