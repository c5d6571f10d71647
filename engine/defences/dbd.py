"""DBD (ICLR 2026): the picture's feature goes where everyday changes take it, far beyond where they agree on the way.

An attack away from the true label leaves a direction that leads back to it, and this follows it: the label is read out
of the attack. So it is to be attacked away from the model's own answer too, of which no direction tells the truth.

Letters: n changed copies, k kept ones, d joint embedding. Features are unit vectors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Case, Defence, views_of

if TYPE_CHECKING:
    from torch import Tensor

COPIES, KEPT = 31, 16  # one for each change of `engine.views.everyday`; of these, the surest
AGREED, FAR = 0.8, 2.5  # above this agreement the step is so many times as long
WIDTH = 0.05  # of the slope by which an attack follows that choice


def shift(features: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
    """The mean step (d,) from `features[0]`, the picture, to its surest copies, and how much the steps agree, ().

    Of features (1 + n, d) with logits (1 + n, c). The agreement is the mean cosine of the steps with their mean.
    """
    import torch.nn.functional as F

    from ..numerics.measures import entropy

    kept = 1 + entropy(logits[1:]).argsort(stable=True)[:KEPT]
    steps = features[kept] - features[0]
    mean = steps.mean(0)
    return mean, F.cosine_similarity(steps, mean[None], dim=-1).mean()


def far_answer(case: Case) -> Tensor:
    """Logits (c,) of the picture after the mean step, or 2.5 times that step where the steps agree."""
    mean, agreement = shift(case.views.features.float(), case.logits.float())
    return _answer(case, mean, 1 + (FAR - 1) * (agreement > AGREED).float())


def far_answer_to_follow(case: Case) -> Tensor:
    """The same answer; the choice of the step's length has the slope of a sigmoid."""
    mean, agreement = shift(case.views.features.float(), case.logits.float())
    soft, hard = ((agreement - AGREED) / WIDTH).sigmoid(), (agreement > AGREED).float()
    return _answer(case, mean, 1 + (FAR - 1) * (soft + (hard - soft).detach()))


def _answer(case: Case, mean: Tensor, times: Tensor) -> Tensor:
    import torch.nn.functional as F

    moved = F.normalize(case.views.features[0].float() + times * mean, dim=0)
    return case.backbone.scale * case.text.float() @ moved


DBD = Defence(
    title="DBD",
    source="ICLR 2026 (OpenReview UqC2oFRRyc)",
    explanation="The picture goes where everyday changes take it, 2.5 times as far where they agree; that reads the"
    " true label out of an attack that fled from it.",
    views=views_of("everyday", count=1 + COPIES),
    answer=far_answer,
    surrogate=far_answer_to_follow,
)
