"""SS-TPT's scores, weights and loss, against their formulas written out."""

from math import exp, log

import numpy as np
import pytest
import torch

from engine.classes import Classes
from engine.defences.base import Kept
from engine.defences.ss_tpt import agreement_weights, divergence, entropy_and_agreement, neighbour_agreement
from engine.settings import ViewSettings
from engine.views.guided import make_views
from engine.views.jitter import jitter

CLASSES = Classes(("cat", "dog", "red fox"))


@pytest.fixture(scope="module")
def views(tiny):
    pixels = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(0))
    return make_views(tiny, pixels, CLASSES, ViewSettings(kind="augmix", count=5))


@pytest.mark.parametrize("legacy", [False, True])
def test_scores_are_the_literal_ones(tiny, views, legacy):
    found = neighbour_agreement(tiny, views, CLASSES, 7, legacy)
    jittered = tiny.encode_image(jitter(views.pixels, np.random.default_rng(7)))
    again = tiny.logits(jittered, tiny.encode_text(CLASSES)).softmax(-1).tolist()
    first = views.logits.softmax(-1).tolist()
    for i in range(5):
        apart = [float(2 - 2 * views.features[i] @ views.features[j]) for j in range(5) if j != i]
        assert float(found[i, 0]) == pytest.approx(1 / (sum(apart) / 4 + 1e-8), rel=1e-3)
        mean = [(p + q) / 2 for p, q in zip(first[i], again[i], strict=True)]
        apart = 0.0
        for parts in (first[i], again[i]):
            for m, part in zip(mean, parts, strict=True):
                a, b = (m, part) if legacy else (part, m)
                apart += 0.5 * a * (log(a + 1e-8) - log(b + 1e-8))
        assert float(found[i, 1]) == pytest.approx(1 / (apart + 1e-8), rel=2e-2)


def test_divergence_is_log_two_for_opposite_predictions_and_without_limit_in_reverse():
    first, second = torch.tensor([[90.0, 0]]), torch.tensor([[0.0, 90]])
    assert float(divergence(first, second)) == pytest.approx(log(2), abs=1e-5)
    assert float(divergence(first, second, reverse=True)) > 5
    assert float(divergence(first, first)) == 0


def test_weights_stretch_each_score_and_mix_them():
    scores = torch.tensor([[1.0, 10.0], [3.0, 10.0], [2.0, 30.0]])
    mixed = [0.4 * s + 0.6 * t for s, t in ((0, 0), (1, 0), (0.5, 1))]
    raised = [exp(v / 0.25) for v in mixed]
    assert agreement_weights(scores).tolist() == pytest.approx([v / sum(raised) for v in raised], abs=1e-5)
    assert agreement_weights(torch.ones(4, 2)).tolist() == pytest.approx([0.25] * 4)


def test_the_loss_is_entropy_plus_distance_to_the_weighted_others():
    logits = torch.tensor([[1.0, 0, 0], [0, 2.0, 0], [0, 0, 0.5]])
    weights = torch.tensor([0.2, 0.5, 0.3])
    p = logits.softmax(-1).tolist()
    total = 0.0
    for i in range(3):
        others = [j for j in range(3) if j != i]
        mass = sum(float(weights[j]) for j in others)
        reference = [sum(float(weights[j]) * p[j][c] for j in others) / mass for c in range(3)]
        total -= sum(v * log(v) for v in p[i]) / 3
        total += sum(r * (log(r + 1e-8) - log(v)) for r, v in zip(reference, p[i], strict=True)) / 3
    kept = Kept(logits, torch.zeros(3, 2), weights)
    assert float(entropy_and_agreement(kept)) == pytest.approx(total, abs=1e-5)
