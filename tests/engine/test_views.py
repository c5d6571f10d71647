"""Views: what chance decides, what attention decides, and what never changes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.classes import Classes
from engine.errors import EngineError
from engine.numerics.measures import entropy
from engine.numerics.mixing import strengths
from engine.numerics.rollout import stretch
from engine.settings import ViewSettings
from engine.views import augmix, crops
from engine.views.guided import make_views, map_similarity, regions

CLASSES = Classes(("cat", "dog", "red fox"))
GUIDED = ViewSettings(count=6, seed=3)
PLAIN = ViewSettings(kind="augmix", count=6, seed=3)


@pytest.fixture(scope="module")
def picture() -> torch.Tensor:
    """A smooth picture (3, 64, 64) in steps of 1/255."""
    rows = torch.arange(64.0)
    waves = torch.stack([torch.sin(rows[:, None] / k + rows / 9) for k in (3, 5, 8)])
    return ((waves + 1) * 127.5).round() / 255


@pytest.mark.parametrize("settings", [GUIDED, PLAIN])
def test_view_zero_is_the_picture(tiny, picture, settings):
    off_lattice = (picture + 0.001).clamp(0, 1)
    for pixels in (picture, off_lattice):
        views = make_views(tiny, pixels, CLASSES, settings)
        assert torch.equal(views.pixels[0], pixels)
        assert torch.equal(views.bases[0], (pixels * 255).round().byte())
        assert views.crops[0].tolist() == [0, 0, 64, 64, 0]
        assert torch.equal(views.strength(0), torch.ones(64, 64))


@pytest.mark.parametrize("settings", [GUIDED, PLAIN])
def test_every_view_is_its_base_and_mix_blended_by_its_strength(tiny, picture, settings):
    views = make_views(tiny, picture, CLASSES, settings)
    pixels = views.pixels
    for view, shown in enumerate(pixels):
        share = {2: views.strengths[0], 1: float(views.betas[view]), 0: views.strengths[1]}
        weight = torch.tensor([[share[int(region)] for region in row] for row in views.regions[view]])
        assert torch.equal(weight, views.strength(view))
        assert torch.allclose(shown, weight * views.bases[view] / 255 + (1 - weight) * views.mixes[view], atol=1e-6)
    assert pixels.min() >= 0 and pixels.max() <= 1
    assert torch.equal(tiny.encode_image(pixels), views.features)


def test_guided_and_plain_views_of_one_seed_share_what_chance_decides(tiny, picture):
    guided, plain = (make_views(tiny, picture, CLASSES, settings) for settings in (GUIDED, PLAIN))
    for name in ("bases", "mixes", "betas", "crops"):
        assert torch.equal(getattr(guided, name), getattr(plain, name)), name
    assert not torch.equal(guided.pixels, plain.pixels)
    assert bool((plain.regions == 1).all()) and plain.maps.shape == (0, 0, 0)


def test_more_views_leave_the_first_ones_as_they_were(tiny, picture):
    few, many = (make_views(tiny, picture, CLASSES, ViewSettings(kind="augmix", count=n)) for n in (3, 7))
    assert torch.equal(few.pixels, many.pixels[:3])


@pytest.mark.parametrize("settings", [GUIDED, PLAIN])
def test_the_same_seed_gives_the_same_set(tiny, picture, settings):
    first, second = (make_views(tiny, picture, CLASSES, settings) for _ in range(2))
    for name in ("pixels", "bases", "mixes", "betas", "crops", "regions"):
        assert torch.equal(getattr(first, name), getattr(second, name)), name


def test_another_seed_gives_other_views(tiny, picture):
    first, second = (make_views(tiny, picture, CLASSES, ViewSettings(kind="augmix", count=3, seed=s)) for s in (0, 1))
    assert not torch.equal(first.pixels[1:], second.pixels[1:])


def test_features_are_unit_and_logits_belong_to_them(tiny, picture):
    views = make_views(tiny, picture, CLASSES, GUIDED)
    assert torch.allclose(views.features.norm(dim=-1), torch.ones(6), atol=1e-5)
    assert torch.allclose(views.logits, tiny.logits(views.features, tiny.encode_text(CLASSES)), atol=1e-4)
    assert torch.allclose(views.entropies, entropy(views.logits))
    assert views.maps.shape == (6, 8, 8) and views.maps[0].any() and not views.features.requires_grad
    assert torch.equal(stretch(views.raw_maps, 0.99), views.maps) and views.floor == 0


def test_a_view_of_the_kind_crops_is_its_crop(tiny, picture):
    views = make_views(tiny, picture, CLASSES, ViewSettings(kind="crops", count=4))
    assert torch.equal(views.pixels, views.bases.float() / 255)


@pytest.mark.parametrize("kind", ["augmix", "attention"])
def test_without_augmix_views_are_crops_and_the_same_ones(tiny, picture, kind):
    wanted = ViewSettings(kind=kind, count=4)
    mixed, plain = (make_views(tiny, picture, CLASSES, replace(wanted, augmix=mix)) for mix in (True, False))
    assert torch.equal(mixed.bases, plain.bases) and len(plain.maps) == len(mixed.maps)
    assert torch.allclose(plain.pixels, plain.bases.float() / 255, atol=1e-6)
    assert not torch.allclose(mixed.pixels, plain.pixels, atol=1e-2)


def test_regions_follow_the_shares_and_put_the_rest_in_the_middle():
    maps = torch.rand(3, 32, 32, generator=torch.manual_seed(0))
    areas = regions(maps, 0.1, 0.5)
    shares = [float((areas == kind).float().mean()) for kind in (2, 1, 0)]
    assert shares == pytest.approx([0.1, 0.4, 0.5], abs=0.002)
    assert maps[areas == 2].min() > maps[areas == 1].min()


def test_released_shares_leave_no_middle_and_zero_shares_select_nothing():
    maps = torch.rand(2, 32, 32, generator=torch.manual_seed(0))
    assert not (regions(maps, 0.2, 0.8) == 1).any()
    assert bool((regions(maps, 0, 0) == 1).all())


def test_a_flat_map_is_all_low():
    assert not regions(torch.zeros(1, 8, 8), 0.2, 0.8).any()


def test_strengths_read_regions():
    areas = torch.tensor([[[2, 1], [0, 1]]], dtype=torch.uint8)
    result = strengths(areas, torch.tensor([0.3]), 0.8, 0.2)
    assert torch.allclose(result, torch.tensor([[[0.8, 0.3], [0.2, 0.3]]]))


def test_crops_lie_inside_the_picture_and_keep_to_the_scale():
    picture = np.zeros((40, 60, 3), np.uint8)
    for view in range(200):
        base, (top, left, height, width, mirrored) = crops.crop(picture, np.random.default_rng(view), (0.3, 0.5))
        assert base.shape == picture.shape
        assert top >= 0 and left >= 0 and top + height <= 40 and left + width <= 60
        assert 0.27 <= height * width / 2400 <= 0.53
        assert mirrored in (0, 1)


def test_a_crop_shows_the_part_its_box_names():
    columns = np.repeat(np.arange(0, 200, 2, dtype=np.uint8)[None, :100, None], 100, 0).repeat(3, 2)
    base, (_, left, _, width, mirrored) = crops.crop(columns, np.random.default_rng(1), (0.2, 0.4))
    shown = base[0, ::-1, 0] if mirrored else base[0, :, 0]
    assert abs(int(shown[0]) - 2 * left) <= 2 and abs(int(shown[-1]) - 2 * (left + width - 1)) <= 2


@pytest.mark.parametrize("operation", augmix.OPERATIONS)
def test_operations_keep_size_and_kind(operation):
    base = np.random.default_rng(0).integers(0, 256, (48, 48, 3), dtype=np.uint8)
    result = np.asarray(operation(augmix.Image.fromarray(base), np.random.default_rng(1)))
    assert result.shape == base.shape and result.dtype == np.uint8


def test_a_mixture_is_a_float_picture_and_repeats_with_its_generator():
    base = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    first, second = (augmix.mix(base, np.random.default_rng(7)) for _ in range(2))
    assert first.dtype == np.float32 and first.min() >= 0 and first.max() <= 1
    assert np.array_equal(first, second)


def test_a_mixture_is_the_weighted_mean_of_three_chains_of_operations():
    base = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    for seed in range(4):
        found, rng = augmix.mix(base, np.random.default_rng(seed)), np.random.default_rng(seed)
        total = np.zeros(base.shape)
        for weight in rng.dirichlet([1, 1, 1]):
            chain = augmix.Image.fromarray(base)
            for _ in range(int(rng.integers(1, 4))):
                chain = augmix.OPERATIONS[rng.integers(9)](chain, rng)
            total += weight * np.asarray(chain, float) / 255
        assert np.allclose(found, total, atol=1e-6)


def test_pixels_of_another_size_are_refused(tiny):
    with pytest.raises(EngineError, match="Expected pixels of shape"):
        make_views(tiny, torch.zeros(3, 32, 32), CLASSES, PLAIN)


def test_the_plain_view_is_what_augmix_makes_of_the_same_draws(tiny, picture):
    guided, plain = (make_views(tiny, picture, CLASSES, settings) for settings in (GUIDED, PLAIN))
    for view in range(1, len(plain)):
        assert torch.allclose(guided.plain(view), plain.pixels[view], atol=1e-6)


def test_a_view_that_looks_where_the_picture_does_agrees_with_it(tiny, picture):
    views = make_views(tiny, picture, CLASSES, GUIDED)
    whole = torch.zeros(8, 8)
    whole[2, 1], whole[3, 5] = 2.0, 1.0
    right_half = whole[:, 4:].repeat_interleave(2, 1)
    crops = torch.tensor([[0, 0, 64, 64, 0], [0, 0, 64, 64, 1], [0, 32, 64, 32, 0], [0, 0, 64, 64, 0]])
    maps = torch.stack([whole, whole.flip(-1), right_half, -whole])
    measured = map_similarity(replace(views, crops=crops, raw_maps=maps))
    assert measured.tolist() == pytest.approx([1, 1, 1, -1])
    assert map_similarity(make_views(tiny, picture, CLASSES, PLAIN)).shape == (0,)
