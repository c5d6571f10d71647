"""Ensembles: weights that add up, views that are left out, and what identical views must give."""

from dataclasses import replace

import pytest
import torch

from engine.ensemble import fuse
from engine.errors import EngineError
from engine.settings import EnsembleSettings, TuneSettings, ViewSettings
from engine.tuning import tune
from engine.types import Classes, TuneStep, ViewSet
from engine.views import make_views

CLASSES = Classes(("cat", "dog", "fish"))
COUNT = 8


@pytest.fixture(scope="module")
def views(tiny) -> ViewSet:
    pixels = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(10))
    return make_views(tiny, pixels, CLASSES, ViewSettings(count=COUNT))


@pytest.fixture(scope="module")
def step(tiny, views) -> TuneStep:
    *_, last = tune(tiny, views, CLASSES, TuneSettings())
    return last


@pytest.mark.parametrize("weighting", EnsembleSettings.WEIGHTINGS)
@pytest.mark.parametrize("keep", [None, 1, 5])
def test_weights_sum_to_one_over_the_views_kept(views, step, weighting, keep):
    answer = fuse(views, step, EnsembleSettings(weighting, keep=keep))
    kept = step.entropies.argsort(stable=True)[:keep]
    left_out = torch.ones(COUNT, dtype=torch.bool)
    left_out[kept] = False
    assert float(answer.weights.sum()) == pytest.approx(1, abs=1e-5)
    assert bool((answer.weights[left_out] == 0).all()) and bool((answer.weights >= 0).all())
    assert torch.equal(answer.scores.isnan(), left_out)
    assert bool(answer.prediction.logits.isfinite().all())


@pytest.mark.parametrize("weighting", EnsembleSettings.WEIGHTINGS)
def test_identical_views_weigh_alike(views, step, weighting):
    same = replace(
        views, features=views.features[:1].expand(COUNT, -1), maps=views.maps[:1].expand(COUNT, -1, -1)
    )
    answer = fuse(same, step, EnsembleSettings(weighting))
    assert torch.allclose(answer.weights, torch.full((COUNT,), 1 / COUNT), atol=1e-4)
    if weighting == "similarity":
        assert torch.allclose(answer.prediction.logits, step.logits.mean(0), atol=1e-2)
    else:
        assert torch.allclose(answer.prediction.probabilities, step.logits.softmax(-1).mean(0), atol=1e-4)


def test_similarity_weights_logits_and_prefers_views_that_agree(views, step):
    features = torch.eye(COUNT)[:, :4].clone()
    features[4:, 0] = 1.0
    features = torch.nn.functional.normalize(features, dim=-1)
    answer = fuse(replace(views, features=features), step, EnsembleSettings(neighbours=2))
    assert float(answer.weights[4:].min()) > float(answer.weights[1:4].max())
    assert torch.allclose(answer.prediction.logits, answer.weights @ step.logits, atol=1e-4)


def test_calm_attention_outweighs_restless_attention(views, step):
    maps = torch.zeros(COUNT, 8, 8)
    maps[1:, ::2] = 1.0
    answer = fuse(replace(views, maps=maps), step, EnsembleSettings("tv"))
    assert float(answer.weights[0]) > 0.9
    assert float(answer.scores[0]) == 0 and float(answer.scores[1]) < 0


def test_total_variation_without_maps_is_refused(views, step):
    bare = replace(views, kind="augmix", maps=torch.zeros(0, 0, 0))
    with pytest.raises(EngineError, match="needs an attention map of every view, and augmix views have none"):
        fuse(bare, step, EnsembleSettings("tv"))


def test_a_single_view_answers_for_itself(views, step):
    answer = fuse(views, step, EnsembleSettings(keep=1))
    first = int(step.entropies.argmin())
    assert torch.allclose(answer.prediction.logits, step.logits[first], atol=1e-5)
