"""The measure of familiarity of the built-in model, fitted to paintings and to the pictures of `SETTING`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ...models import Backbone
from ...models.familiarity import FamiliarityMeasure, write_measure
from .painted import painted
from .rates import Rate
from .sources import SETTING

SERIES, STEPS = 31, 10  # of the paintings: another series than those that are tested
PENALTY = 1e-3  # on the squares of the weights, which are those of features of unit variance
THRESHOLD = -1.0  # log-odds; nearly all paintings that were left out of the fit lie below


def fit(backbone: Backbone, pictures: int, folder: Path) -> Iterator[int | Rate]:
    """Fit with so many paintings and write the measure into a model folder; yields how many have been attacked, and
    last how many of those left out of the fit, in all their forms, are accepted.

    Three quarters of the paintings and all the other pictures, both as heavy, make a logistic regression.
    """
    forms: list[Tensor] = []  # (b, forms, blocks, 3, width)
    for batch in painted(backbone, pictures, SERIES, STEPS):
        forms.append(torch.stack([backbone.summaries(pixels) for pixels in batch.values()], 1))
        yield sum(map(len, forms))
    ours = torch.cat(forms)
    others = torch.cat([_seen(backbone, name) for name in SETTING])
    used = 3 * len(ours) // 4
    measure = _regression(ours[:used].flatten(0, 1), others)
    write_measure(measure, folder)
    aside = measure.scores(ours[used:]) <= THRESHOLD
    yield Rate("left out of the fit", True, aside.numel(), int(aside.sum()))


def _seen(backbone: Backbone, source: str) -> Tensor:
    return backbone.summaries(torch.stack([backbone.prepare(image) for image in SETTING[source]()]))


def _regression(ours: Tensor, others: Tensor) -> FamiliarityMeasure:
    """The weights for features as they are, not scaled."""
    features = torch.cat([ours, others]).double()
    middle, spread = features.mean(0), features.std(0) + 1e-2  # no feature that hardly varies counts for much
    normed = ((features - middle) / spread).flatten(1)
    wanted = torch.cat([torch.zeros(len(ours)), torch.ones(len(others))]).double()
    share = torch.where(wanted > 0, 0.5 / len(others), 0.5 / len(ours))
    parameters = torch.zeros(1 + normed.shape[1], dtype=torch.double, requires_grad=True)
    descent = torch.optim.LBFGS([parameters], max_iter=60, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        descent.zero_grad()
        odds = normed @ parameters[1:] + parameters[0]
        wrong = F.binary_cross_entropy_with_logits(odds, wanted, share, reduction="sum")
        found = wrong + PENALTY * parameters[1:].square().sum()
        found.backward()
        return found

    descent.step(loss)
    offset, found = parameters.detach().split([1, normed.shape[1]])
    weights = (found.view_as(middle) / spread).half().double()  # as they are kept
    bias = float(offset) - float((weights * middle).sum())
    return FamiliarityMeasure(weights.float(), bias, THRESHOLD)
