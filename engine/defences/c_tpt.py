"""C-TPT (Yoon et al., ICLR 2024): TPT with the class sentences kept apart, so that confidences mean more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Defence, Kept, first_view, views_of
from .tpt import entropy_of_mean

if TYPE_CHECKING:
    from torch import Tensor

DISPERSION = 50.0  # C-TPT's weight for fine-grained classes (its paper: 20 for natural shifts of ImageNet)


def dispersed_entropy(kept: Kept) -> Tensor:
    """TPT's loss less `DISPERSION` times the mean distance of text features from their centre (C-TPT, equation 6)."""
    centre = kept.text_features.mean(0)
    return entropy_of_mean(kept) - DISPERSION * (kept.text_features - centre).norm(dim=-1).mean()


C_TPT = Defence(
    title="C-TPT",
    source="Yoon et al., ICLR 2024",
    explanation="As TPT, with the class sentences kept apart, so that confidences mean more.",
    views=views_of("augmix"),
    loss=dispersed_entropy,
    answer=first_view,
)
