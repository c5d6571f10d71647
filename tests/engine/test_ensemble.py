"""Ensembles: weights over views, and what they do to the answer."""

from dataclasses import replace
from math import exp

import pytest
import torch
import torch.nn.functional as F

from engine.classes import Classes
from engine.defences.ensemble import WEIGHTINGS, fuse
from engine.defences.tuning import tune
from engine.errors import EngineError
from engine.numerics.measures import total_variation
from engine.numerics.upsampling import upsample
from engine.settings import EnsembleSettings, TuneSettings, ViewSettings
from engine.views.guided import make_views

CLASSES = Classes(("cat", "dog", "red fox"))


@pytest.fixture(scope="module")
def made(tiny):
    """Eight attention views of a noise picture and the state after one step of tuning."""
    pixels = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(0))
    views = make_views(tiny, pixels, CLASSES, ViewSettings(count=8))
    *_, step = tune(tiny, views, CLASSES, TuneSettings())
    return views, step


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("keep", [None, 1, 3, 256])
def test_weights_sum_to_one_and_left_out_views_have_none(made, weighting, keep):
    views, step = made
    result = fuse(views, step, EnsembleSettings(weighting, answer_views=keep))
    kept = len(views) if keep is None else min(keep, len(views))
    assert float(result.weights.sum()) == pytest.approx(1, abs=1e-5)
    assert int(result.scores.isnan().sum()) == len(views) - kept
    assert not result.weights[result.scores.isnan()].any()
    assert torch.isfinite(result.prediction.logits).all()


def test_kept_views_are_those_with_least_tuned_entropy(made):
    views, step = made
    result = fuse(views, step, EnsembleSettings(answer_views=3))
    assert set(result.weights.nonzero()[:, 0].tolist()) <= set(step.entropies.argsort()[:3].tolist())


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_identical_views_give_the_plain_mean(made, weighting):
    views, step = made
    same = replace(
        views, features=views.features[:1].expand(8, -1), maps=views.maps[:1].expand(8, -1, -1), logits=views.logits
    )
    result = fuse(same, step, EnsembleSettings(weighting))
    assert torch.allclose(result.weights, torch.full((8,), 1 / 8), atol=1e-4)
    mean = step.logits.mean(0) if weighting == "similarity" else step.logits.softmax(-1).mean(0).log()
    assert torch.allclose(result.prediction.logits, mean, atol=1e-2)


@pytest.mark.parametrize("legacy", [False, True])
def test_legacy_leaves_out_of_the_neighbours_what_has_a_cosine_of_one_and_else_itself_only(made, legacy):
    views, step = made
    features = torch.eye(8)[torch.tensor([0, 0, 1, 2, 3, 4, 5, 6])] + 0.1 * torch.eye(8)[7]
    features = features / features.norm(dim=-1, keepdim=True).mul(0.999)  # reaches 1, also where it meets its equal
    features[3:] *= 0.99  # stays below, so that these count themselves
    expected = []
    for i, a in enumerate(features.tolist()):
        cosines = [sum(x * y for x, y in zip(a, b, strict=True)) for b in features.tolist()]
        others = [c for j, c in enumerate(cosines) if (c < 1 if legacy else j != i)]
        expected.append(sum(sorted(others, reverse=True)[:2]) / 2)
    found = fuse(replace(views, features=features), step, EnsembleSettings(neighbours=2, legacy=legacy))
    assert found.scores.tolist() == pytest.approx(expected, abs=1e-5)
    raised = [exp(v / 0.01 - max(expected) / 0.01) for v in expected]
    assert found.weights.tolist() == pytest.approx([v / sum(raised) for v in raised], abs=1e-4)


def test_uniform_is_the_mean_of_probabilities(made):
    views, step = made
    result = fuse(views, step, EnsembleSettings("uniform"))
    assert torch.allclose(result.prediction.probabilities, step.logits.softmax(-1).mean(0), atol=1e-5)


def test_similarity_weights_logits(made):
    views, step = made
    result = fuse(views, step, EnsembleSettings())
    assert torch.allclose(result.prediction.logits, result.weights @ step.logits, atol=1e-4)


def literal_variation(rows, mean):
    down = [abs(rows[r + 1][c] - rows[r][c]) for r in range(len(rows) - 1) for c in range(len(rows[0]))]
    right = [abs(row[c + 1] - row[c]) for row in rows for c in range(len(row) - 1)]
    return sum(down + right) / (len(down + right) if mean else 1)


@pytest.mark.parametrize("size", EnsembleSettings.TV_MAPS)
@pytest.mark.parametrize("norm", EnsembleSettings.TV_NORMS)
@pytest.mark.parametrize("reduction", EnsembleSettings.TV_REDUCTIONS)
def test_every_reading_of_total_variation_is_the_literal_one(made, size, norm, reduction):
    views, step = made
    settings = EnsembleSettings(
        "tv", answer_views=4, tv_map=size, tv_norm=norm, tv_reduction=reduction, tv_temperature=0.3
    )
    kept = sorted(step.entropies.argsort()[:4].tolist())
    raised = []
    for view in kept:
        values = views.maps[view] if norm == "minmax" else views.raw_maps[view]
        if size == "upsampled":
            values = F.interpolate(values[None, None], (64, 64), mode="bilinear", align_corners=False)[0, 0]
        rows = (values / values.sum() if norm == "sum1" else values).tolist()
        raised.append(exp(-literal_variation(rows, reduction == "mean") / 0.3))
    result = fuse(views, step, settings)
    assert result.weights[kept].tolist() == pytest.approx([v / sum(raised) for v in raised], rel=1e-3, abs=1e-6)
    p = step.logits.softmax(-1)
    answer = [sum(v * float(p[i, c]) for v, i in zip(raised, kept, strict=True)) / sum(raised) for c in range(3)]
    assert result.prediction.probabilities.tolist() == pytest.approx(answer, abs=1e-4)


def test_a_resnets_upsampled_map_is_sharpened_as_where_it_guides_the_mixing(made):
    views, step = made
    settings = EnsembleSettings("tv", tv_map="upsampled")
    sharp = fuse(replace(views, floor=0.2), step, settings)
    assert torch.allclose(sharp.scores, -total_variation(upsample(views.maps, 64, 0.2)))
    assert not torch.equal(sharp.scores, fuse(views, step, settings).scores)


def test_a_map_of_zeros_is_calm_in_every_reading(made):
    views, step = made
    empty = replace(views, raw_maps=torch.zeros_like(views.raw_maps))
    assert torch.allclose(fuse(empty, step, EnsembleSettings("tv", tv_norm="sum1")).weights, torch.full((8,), 1 / 8))


def test_calm_maps_weigh_more(made):
    views, step = made
    result = fuse(views, step, EnsembleSettings("tv"))
    assert int(result.weights.argmax()) == int(total_variation(views.maps).argmin())


def test_views_without_maps_cannot_be_weighted_by_them(made):
    views, step = made
    bare = replace(views, kind="augmix", maps=torch.zeros(0, 0, 0))
    with pytest.raises(EngineError, match="augmix views have none"):
        fuse(bare, step, EnsembleSettings("tv"))
