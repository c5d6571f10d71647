"""TDA (Karmanov et al., CVPR 2024): two caches, filled from the views of one picture and forgotten with it.

Letters: n views, c classes, d joint embedding. Features are unit vectors; logits are scaled cosines.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .base import Case, Defence, views_of

if TYPE_CHECKING:
    from torch import Tensor

SUREST = 0.1  # share of the views whose mean feature is asked about
CAPACITY, ALPHA, BETA = 3, 2.0, 5.0  # views kept per class, strength and sharpness (its setting for ImageNet)
NEGATIVE_CAPACITY, NEGATIVE_ALPHA, NEGATIVE_BETA = 2, 0.117, 1.0
UNSURE = (0.2, 0.5)  # entropy, as a share of log c, of views that tell what the picture is not
CONSIDERED = 0.03  # an unsure view speaks against the classes to which it gives more than this


def cached_logits(features: Tensor, logits: Tensor) -> Tensor:
    """Logits (c,) of TDA for views with features (n, d) and logits (n, c).

    The mean of the surest views is drawn to the classes of sure views that resemble it, and driven from all classes
    that unsure views like it consider. The paper's caches grow over a stream of test pictures, so that an answer
    depends on what came before; here the stream is the views of this one picture. The released code divides entropy
    in nats by log2 c before it compares it with `UNSURE`; here it is divided by log c.
    """
    import torch.nn.functional as F

    from ..numerics.measures import entropy

    doubt, guesses = entropy(logits), logits.argmax(-1)
    surest = doubt.argsort(stable=True)[: max(1, int(len(logits) * SUREST))]
    query, answer = features[surest].mean(0), logits[surest].mean(0)

    sure = _least(doubt, guesses, CAPACITY)
    near = (-BETA * (1 - features[sure] @ query)).exp()
    answer = answer + ALPHA * near @ F.one_hot(guesses[sure], len(answer)).to(near)

    share = doubt / math.log(len(answer))
    unsure = ((share > UNSURE[0]) & (share < UNSURE[1])).nonzero()[:, 0]
    unsure = unsure[_least(doubt[unsure], guesses[unsure], NEGATIVE_CAPACITY)]
    near = (-NEGATIVE_BETA * (1 - features[unsure] @ query)).exp()
    return answer - NEGATIVE_ALPHA * near @ (logits[unsure].softmax(-1) > CONSIDERED).to(near)


def _least(doubt: Tensor, guesses: Tensor, capacity: int) -> Tensor:
    """Indices of the at most `capacity` views of each guessed class with least doubt (n,)."""
    import torch

    order = doubt.argsort(stable=True)
    kept = [order[guesses[order] == guess][:capacity] for guess in guesses.unique()]
    return torch.cat(kept) if kept else order


def cached_answer(case: Case) -> Tensor:
    """Logits (c,) with the caches that the views fill."""
    return cached_logits(case.views.features.float(), case.logits.float())


TDA = Defence(
    title="TDA (one picture)",
    source="Karmanov et al., CVPR 2024, with caches that forget each picture",
    explanation="No tuning: sure crops draw the answer to their class, unsure ones push it off all they consider.",
    views=views_of("augmix"),
    answer=cached_answer,
)
