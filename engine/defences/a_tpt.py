"""A-TPT (ICML 2026): R-TPT on views that are changed most where the model pays little attention.

Three readings of it: as its code was released, as its figure draws the weights of views, and with a repaired map.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import require
from .base import Case, Defence, views_of
from .r_tpt import SIMILARITY_SETTINGS, fused, mean_entropy, weighted_by_similarity

if TYPE_CHECKING:
    from torch import Tensor

    from ..classes import Classes
    from ..models import Backbone
    from ..results import ViewSet
    from ..settings import EnsembleSettings


def domain_prompts(backbone: Backbone, classes: Classes, domain_word: str) -> Classes:
    """The classes in sentences that name the data set's domain."""
    return with_domain_word(classes, domain_word)


def with_domain_word(classes: Classes, word: str) -> Classes:
    """A-TPT's prompt for a data set: `word` before “photo” in every template, as in “a flower photo of a {}.”.

    An empty word changes nothing. Raises `EngineError` for a template without “photo”.
    """
    if not word:
        return classes
    for template in classes.templates:
        require("photo" in template, f"A domain word stands before “photo”; the prompt “{template}” has none.")
    return replace(classes, templates=tuple(t.replace("photo", f"{word} photo", 1) for t in classes.templates))


def by_total_variation(views: ViewSet, chosen: Tensor, settings: EnsembleSettings) -> tuple[Tensor, Tensor]:
    """Scores (k,) and weights (k,) of the chosen views: softmax of minus the total variation of their attention maps.

    Raises `EngineError` for views without maps.
    """
    from ..numerics.measures import total_variation

    require(
        len(views.maps) == len(views),
        f"Weighting by total variation needs an attention map of every view, and {views.kind} views have none;"
        " make attention views or choose another weighting.",
    )
    scores = -total_variation(_maps(views, chosen, settings), settings.tv_reduction == "mean")
    return scores, (scores / settings.tv_temperature).softmax(0)


def _maps(views: ViewSet, chosen: Tensor, settings: EnsembleSettings) -> Tensor:
    """The maps (k, h, w) whose total variation counts, on the patch grid or as large as the picture."""
    from ..numerics.upsampling import upsample

    stretched = settings.tv_norm == "minmax"
    maps = (views.maps if stretched else views.raw_maps)[chosen]
    if settings.tv_map == "upsampled":
        maps = upsample(maps, views.bases.shape[-1], views.floor if stretched else 0.0)
    if settings.tv_norm == "sum1":
        maps = maps.relu() / maps.relu().sum((-2, -1), keepdim=True).clamp_min(1e-12)
    return maps


def weighted_by_total_variation(case: Case) -> Tensor:
    """Logits (c,) over as many views as drove the tuning, as A-TPT's figure draws it, unless the settings name a number
    of views.
    """
    return fused(case, "tv", case.settings.ensemble.answer_views or max(1, len(case.tuned.kept)))


A_TPT = Defence(
    title="A-TPT",
    source="A-TPT, ICML 2026 (arXiv 2605.19956), as released",
    explanation="As R-TPT, but where the model pays little attention the crops are changed most.",
    classes=domain_prompts,
    views=views_of("attention"),
    loss=mean_entropy,
    answer=weighted_by_similarity,
    uses=SIMILARITY_SETTINGS,
)
A_TPT_TV = replace(
    A_TPT,
    title="A-TPT (TV weights)",
    source="A-TPT, ICML 2026, as its figure draws it",
    explanation="As A-TPT, but the surest crops are weighted by how calm their attention map is.",
    answer=weighted_by_total_variation,
    uses=("tv_temperature", "answer_views", "tv_map", "tv_norm", "tv_reduction"),
)
A_TPT_REPAIRED = replace(
    A_TPT,
    title="A-TPT (repaired map)",
    source="A-TPT with a map of ours",
    explanation="As A-TPT, with the map whose last-block weights do not cancel to rounding residue.",
    views=views_of("attention", guide="a-tpt-repaired"),
)
