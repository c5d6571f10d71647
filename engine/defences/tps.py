"""TPS (Sui et al., WACV 2025): each class sentence's feature is shifted a little for this one picture.

Letters: n views, k kept ones, c classes, d joint embedding. Features are unit vectors; logits are scaled cosines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .base import Case, Defence, views_of

if TYPE_CHECKING:
    from torch import Tensor

RATE = 5e-3  # of AdamW: how far the one step moves every component of every shift
KEPT_SHARE = 0.1  # of the views that the shift is learned on, the surest
Step = Callable[["Tensor"], "Tensor"]  # a gradient -> the direction of the step, between -1 and 1


def shifted_text(features: Tensor, text: Tensor, scale: float, step: Step) -> Tensor:
    """Text features (c, d), each with a shift of its own, learned on the views with `features` (n, d).

    One step of AdamW, from no shift, down the entropy of the surest views' mean prediction (TPT's loss); from there it
    goes `RATE` along the sign of each component, so that every class moves by about `RATE` times the root of d, also
    one that no view considers.
    """
    import torch.nn.functional as F

    from .tuning import confident

    kept = features[confident(scale * (features @ text.t()).detach(), KEPT_SHARE)]
    return F.normalize(text - RATE * step(slope(kept, text, scale)), dim=-1)


def slope(features: Tensor, text: Tensor, scale: float) -> Tensor:
    """The gradient (c, d) of the entropy of the views' mean prediction with respect to shifts, at none.

    Written out: with p the predictions (k, c), m their mean and l = log m - p . log m, the entropy's slope in the
    logits is -p l / k; from there through the scaled cosine to the sentence, of which only what stands upright on its
    unit vector counts.
    """
    from ..numerics.measures import mean_log_probability

    logits = scale * features @ text.t()
    shares, mean = logits.softmax(-1), mean_log_probability(logits)
    of_logits = -shares * (mean - (shares * mean).sum(-1, keepdim=True)) / len(features)
    towards = scale * of_logits.t() @ features
    return towards - (towards * text).sum(-1, keepdim=True) * text


def shifted_answer(case: Case) -> Tensor:
    """Logits (c,) of view 0, the picture, under the shifted sentences."""
    from .tuning import SIGN_STEPS

    return _answer(case, SIGN_STEPS["exact"])


def shifted_answer_to_follow(case: Case) -> Tensor:
    """The same answer; its gradient is as if the step had followed the size of its gradient and not its sign."""
    from .tuning import SIGN_STEPS

    return _answer(case, SIGN_STEPS["straight"])


def _answer(case: Case, step: Step) -> Tensor:
    features, scale = case.views.features.float(), case.backbone.scale
    return scale * shifted_text(features, case.text.float(), scale, step) @ features[0]


TPS = Defence(
    title="TPS",
    source="Sui et al., WACV 2025",
    explanation="Each class sentence is shifted until the surest crops agree; the answer is still the attacked"
    " picture's own.",
    views=views_of("augmix"),
    answer=shifted_answer,
    surrogate=shifted_answer_to_follow,
)
