"""R-TPT (Sheng et al., CVPR 2025): each view's own entropy falls; views with close neighbours count more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .base import Case, Defence, Kept, views_of

if TYPE_CHECKING:
    from torch import Tensor

    from ..results import ViewSet
    from ..settings import EnsembleSettings

SIMILARITY_SETTINGS = ("neighbours", "temperature", "answer_views", "legacy")  # those that its weights depend on


def mean_entropy(kept: Kept) -> Tensor:
    """Mean entropy of the kept predictions, () in nats (R-TPT, A-TPT)."""
    from ..numerics.measures import entropy

    return entropy(kept.logits).mean()


def by_similarity(views: ViewSet, chosen: Tensor, settings: EnsembleSettings) -> tuple[Tensor, Tensor]:
    """Scores (k,) and weights (k,) of the chosen views: softmax of the mean cosine to their nearest neighbours."""
    from ..numerics.measures import neighbour_similarity

    features = views.features[chosen]
    masked = features @ features.t() >= 1 if settings.legacy else None
    scores = neighbour_similarity(features, settings.neighbours, masked)
    return scores, (scores / settings.temperature).softmax(0)


def weighted_by_similarity(case: Case) -> Tensor:
    """Logits (c,): those of the views under the tuned prompt, weighted by similarity."""
    return fused(case, "similarity")


def fused(case: Case, weighting: str, answer_views: int | None = None) -> Tensor:
    """Logits (c,) of `fuse` with this weighting, and with this number of views in place of the settings' own."""
    from .ensemble import fuse

    settings = replace(case.settings.ensemble, weighting=weighting)
    if answer_views is not None:
        settings = replace(settings, answer_views=answer_views)
    return fuse(case.views, case.tuned, settings).prediction.logits


R_TPT = Defence(
    title="R-TPT",
    source="Sheng et al., CVPR 2025",
    explanation="The prompt is tuned until the surest crops are surer; crops that resemble others count more.",
    views=views_of("augmix"),
    loss=mean_entropy,
    answer=weighted_by_similarity,
    uses=SIMILARITY_SETTINGS,
)
