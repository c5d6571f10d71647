"""Views: what a seed decides, what it does not, and how regions become mixtures."""

import pytest
import torch

from engine.errors import EngineError
from engine.settings import ViewSettings
from engine.types import Classes, ViewSet
from engine.views import HIGH, LOW, MIDDLE, blend, make_views, regions, strengths

CLASSES = Classes(("cat", "dog", "fish"))
COUNT = 6


def picture() -> torch.Tensor:
    return (torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(5)) * 255).round() / 255


def make(tiny, **changes) -> ViewSet:
    return make_views(tiny, picture(), CLASSES, ViewSettings(**{"count": COUNT, **changes}))


@pytest.fixture(scope="module")
def guided(tiny) -> ViewSet:
    return make(tiny)


@pytest.fixture(scope="module")
def plain(tiny) -> ViewSet:
    return make(tiny, kind="augmix")


def chance(views: ViewSet) -> tuple[torch.Tensor, ...]:
    return views.bases, views.mixes, views.betas, views.crops


def test_the_same_seed_makes_the_same_set(tiny, guided):
    again = make(tiny)
    assert torch.equal(again.pixels, guided.pixels)
    assert all(torch.equal(a, b) for a, b in zip(chance(again), chance(guided), strict=True))


def test_another_seed_makes_another_set(tiny, guided):
    other = make(tiny, seed=1)
    assert not torch.equal(other.crops[1:], guided.crops[1:])
    assert not torch.equal(other.betas[1:], guided.betas[1:])


def test_both_kinds_of_one_seed_share_crops_mixtures_and_draws(guided, plain):
    assert all(torch.equal(a, b) for a, b in zip(chance(guided), chance(plain), strict=True))
    assert not torch.equal(guided.pixels, plain.pixels)


def test_more_views_leave_the_earlier_ones_as_they_are(tiny, plain):
    more = make(tiny, kind="augmix", count=COUNT + 3)
    assert torch.equal(more.pixels[:COUNT], plain.pixels)
    assert all(torch.equal(a[:COUNT], b) for a, b in zip(chance(more), chance(plain), strict=True))


def test_the_first_view_is_the_picture_itself(guided, plain):
    assert torch.equal(guided.pixels[0], picture())
    assert torch.equal(plain.pixels[0], picture())


def test_a_picture_between_grey_levels_keeps_its_values_in_the_first_view(tiny):
    pixels = (picture() * 0.9 + 0.0003).contiguous()
    views = make_views(tiny, pixels, CLASSES, ViewSettings(kind="augmix", count=2))
    assert torch.allclose(views.pixels[0], pixels, atol=1e-7)


def test_views_are_the_blend_of_their_own_parts(guided):
    for view in range(len(guided)):
        weight = guided.strength(view)
        parts = weight * guided.bases[view].float() / 255 + (1 - weight) * guided.mixes[view]
        assert torch.allclose(guided.pixels[view], parts, atol=1e-6)


def test_views_are_pictures_and_come_encoded(tiny, guided):
    assert float(guided.pixels.min()) >= 0 and float(guided.pixels.max()) <= 1
    assert torch.allclose(guided.features, tiny.encode_image(guided.pixels), atol=1e-5)
    assert torch.allclose(guided.features.norm(dim=-1), torch.ones(COUNT), atol=1e-5)
    assert guided.logits.shape == (COUNT, len(CLASSES))


def test_only_attention_views_have_maps_and_regions(guided, plain):
    assert guided.maps.shape == (COUNT, 8, 8)
    assert plain.maps.numel() == 0 and not bool(plain.degenerate.any())
    assert bool((plain.regions == MIDDLE).all()) and bool((guided.regions[0] == MIDDLE).all())
    assert bool((guided.regions[1:] != MIDDLE).all())


def test_without_augmix_a_view_is_its_crop(tiny):
    views = make(tiny, kind="augmix", augmix=False, count=3)
    assert torch.allclose(views.pixels[1:], views.bases[1:].float() / 255, atol=1e-6)


def test_regions_take_their_shares_of_the_picture():
    maps = torch.rand(2, 64, 64, generator=torch.Generator().manual_seed(6))
    areas = regions(maps, 0.1, 0.5)
    for kind, share in ((HIGH, 0.1), (MIDDLE, 0.4), (LOW, 0.5)):
        assert float((areas == kind).float().mean()) == pytest.approx(share, abs=1e-3)
    assert float(maps[areas == HIGH].min()) > float(maps[areas == MIDDLE].max()) - 0.05


def test_a_share_of_zero_selects_nothing():
    maps = torch.rand(1, 16, 16, generator=torch.Generator().manual_seed(8))
    assert bool((regions(maps, 0, 0) == MIDDLE).all())


def test_a_constant_map_is_all_low():
    assert bool((regions(torch.zeros(1, 16, 16), 0.2, 0.8) == LOW).all())


def test_strength_follows_region_and_draw_and_blends_by_the_formula():
    areas = torch.tensor([[[HIGH, MIDDLE], [LOW, MIDDLE]]])
    strength = strengths(areas, torch.tensor([0.5]), 0.8, 0.2)
    assert torch.allclose(strength, torch.tensor([[[0.8, 0.5], [0.2, 0.5]]]))
    views = blend(torch.ones(1, 3, 2, 2), torch.full((1, 3, 2, 2), 0.5), strength)
    assert torch.allclose(views[0, 1], torch.tensor([[0.9, 0.75], [0.6, 0.75]]))


def test_a_picture_of_another_size_is_refused(tiny):
    with pytest.raises(EngineError, match=r"\(3, 64, 64\) for tiny"):
        make_views(tiny, torch.rand(3, 32, 32), CLASSES, ViewSettings(count=2))
