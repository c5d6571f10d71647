"""Views from other angles and after everyday changes: what is done to a picture, and what an attack follows."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from engine.classes import Classes
from engine.defences.followed import followed
from engine.settings import ViewSettings
from engine.views.everyday import CROPS, NAMES, change, change_name
from engine.views.guided import make_views, mixed_views
from engine.views.perspective import draw_corners, warped
from tests.fixtures import noise

CLASSES = Classes(("cat", "dog", "red fox"))
CORNERS = ((5, 3), (58, 7), (60, 55), (2, 62))
ANGLES = ViewSettings("perspective", count=6, seed=3)
EVERYDAY = ViewSettings("everyday", count=32, seed=3)


@pytest.fixture(scope="module")
def picture() -> torch.Tensor:
    """A smooth picture (3, 64, 64) in steps of 1/255."""
    rows = torch.arange(64.0)
    waves = torch.stack([torch.sin(rows[:, None] / k + rows / 9) for k in (7, 9, 12)])
    return ((waves + 1) * 127.5).round() / 255


@pytest.fixture(scope="module")
def levels(picture) -> np.ndarray:
    return (picture * 255).round().byte().permute(1, 2, 0).numpy()


def test_a_warp_is_the_one_that_pillow_makes(picture, levels):
    seen = (warped(picture, CORNERS) * 255).permute(1, 2, 0).numpy()
    rows, goals = [], []
    for (x, y), (u, v) in zip(CORNERS, ((0, 0), (63, 0), (63, 63), (0, 63)), strict=True):
        x, y, u, v = x + 0.5, y + 0.5, u + 0.5, v + 0.5  # Pillow counts from the edges of pixels
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        goals += [u, v]
    numbers = np.linalg.solve(np.array(rows), np.array(goals))
    shown = Image.fromarray(levels).transform(
        (64, 64), Image.Transform.PERSPECTIVE, tuple(numbers), Image.Resampling.BICUBIC
    )
    inside = warped(torch.ones(3, 64, 64), CORNERS)[0].numpy() > 0.999
    inside[1:-1, 1:-1] &= inside[2:, 1:-1] & inside[:-2, 1:-1] & inside[1:-1, 2:] & inside[1:-1, :-2]
    assert inside.mean() > 0.6
    assert np.abs(seen - np.asarray(shown, np.float32))[inside].max() <= 3  # their bicubic kernels differ a little


def test_corners_that_stay_leave_the_picture_as_it_is_and_outside_is_black(picture):
    still = ((0, 0), (63, 0), (63, 63), (0, 63))
    assert torch.allclose(warped(picture, still), picture, atol=1e-5)
    assert not warped(torch.ones(3, 64, 64), CORNERS)[:, :2, :2].any()


def test_corners_move_inwards_by_a_quarter_of_the_side_at_most():
    rng = np.random.default_rng(1)
    drawn = np.array([draw_corners(64, rng) for _ in range(400)])
    assert drawn[:, 0].min() == 0 and drawn[:, 0].max() == 16
    assert drawn[:, 2].max() == 63 and drawn[:, 2].min() == 47
    assert {*drawn[:, 1, 0]} == set(range(47, 64)) and {*drawn[:, 1, 1]} == set(range(17))


@pytest.mark.parametrize("settings", [ANGLES, EVERYDAY], ids=["angles", "everyday"])
def test_a_view_does_not_depend_on_how_many_there_are_and_is_not_mixed(tiny, picture, settings):
    views = make_views(tiny, picture, CLASSES, settings)
    few = make_views(tiny, picture, CLASSES, replace(settings, count=3))
    assert torch.equal(views.pixels[:3], few.pixels) and torch.equal(views.pixels[0], picture)
    assert torch.equal(views.pixels, views.bases.float() / 255) and bool((views.betas == 1).all())
    assert len(torch.unique(views.bases.flatten(1), dim=0)) == len(views)
    other = make_views(tiny, picture, CLASSES, replace(settings, seed=4))
    assert not torch.equal(other.pixels[1], views.pixels[1])


def test_the_everyday_changes_are_dbds_31():
    assert len(NAMES) == 31 and NAMES[:16] == ("crop",) * 16 and NAMES.count("noise") == 6
    assert list(NAMES[16:22]) == [
        "8 colour levels, rounded down", "8 colour levels", "8 colour levels, rounded up",
        "JPEG, quality 50", "JPEG, quality 60", "JPEG, quality 75",
    ]  # fmt: skip
    assert NAMES[28:] == ("median blur", "mean blur", "Gaussian blur")
    assert change_name(1) == change_name(32) == "crop" and change_name(31) == "Gaussian blur"


def changed(picture: np.ndarray, name: str) -> np.ndarray:
    found, box = change(picture, 1 + NAMES.index(name), np.random.default_rng(2))
    assert box == (0, 0, *picture.shape[:2], 0) and found.dtype == np.uint8
    return found


def test_a_crop_is_at_least_half_of_the_picture(levels):
    for view in range(1, CROPS + 1):
        _, (top, left, rows, columns, mirrored) = change(levels, view, np.random.default_rng(view))
        assert rows * columns >= 0.48 * 64 * 64 and top + rows <= 64 and left + columns <= 64 and mirrored in (0, 1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("8 colour levels, rounded down", [0, 0, 32, 224]), ("8 colour levels", [0, 32, 64, 255]),
     ("8 colour levels, rounded up", [0, 32, 64, 255])],
)  # fmt: skip
def test_the_brightest_levels_do_not_turn_black(name, expected):
    given = np.array([[[0] * 3, [17] * 3, [49] * 3, [255] * 3]], np.uint8)
    assert changed(given, name)[0, :, 0].tolist() == expected


def test_jpeg_is_pillows_and_noise_has_a_tenth_of_the_range(levels):
    file = BytesIO()
    Image.fromarray(levels).save(file, "JPEG", quality=60)
    assert np.array_equal(changed(levels, "JPEG, quality 60"), np.asarray(Image.open(file)))
    grey = np.full((64, 64, 3), 128, np.uint8)
    noisy = changed(grey, "noise").astype(float)
    assert noisy.std() == pytest.approx(25.5, rel=0.02) and noisy.mean() == pytest.approx(127.5, abs=0.6)


def test_blurs_of_five_pixels_leave_grey_alone_and_spread_a_point_by_their_weights():
    grey, point = np.full((9, 9, 3), 90, np.uint8), np.zeros((9, 9, 3), np.uint8)
    point[4, 4] = 250
    for name in NAMES[28:]:
        assert np.array_equal(changed(grey, name), grey), name
    assert not changed(point, "median blur").any()
    assert np.array_equal(changed(point, "mean blur")[2:7, 2:7], np.full((5, 5, 3), 10))
    weights = np.exp(-((np.arange(5) - 2) ** 2) / (2 * 1.1**2))
    weights /= weights.sum()
    spread = changed(point, "Gaussian blur")[2:7, 2:7, 0].astype(float)
    assert np.abs(spread - 250 * np.outer(weights, weights)).max() <= 0.51


@pytest.mark.parametrize("settings", [ANGLES, EVERYDAY, ViewSettings("augmix", count=4)], ids=lambda one: one.kind)
def test_what_an_attack_follows_is_near_the_view_and_has_a_gradient(tiny, picture, settings):
    views = mixed_views(tiny, picture, CLASSES, settings)
    given = picture.clone().requires_grad_()
    seen = followed(views, settings, given)
    assert seen.shape == views.pixels.shape
    for view in range(len(views)):
        (gradient,) = torch.autograd.grad(seen[view].sum(), given, retain_graph=True)
        assert bool(gradient.any())
    if settings.kind == "perspective":
        assert (seen - views.pixels).abs().max() <= 0.51 / 255
    if settings.kind == "everyday":
        alike = [view for view in range(1, 32) if "crop" in change_name(view) or "blur" in change_name(view)]
        assert (seen - views.pixels)[alike].abs().max() < 0.02


def test_what_is_followed_at_a_blur_is_its_slope(tiny):
    """Moved a little, the blurred view moves as the gradient says."""
    given = noise(64)
    views = mixed_views(tiny, given, CLASSES, EVERYDAY)
    along = torch.randn(3, 64, 64, generator=torch.Generator().manual_seed(1))
    moved = followed(views, EVERYDAY, given + 1e-3 * along) - followed(views, EVERYDAY, given - 1e-3 * along)
    kept = given.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(followed(views, EVERYDAY, kept)[30, 0, 30, 30], kept)
    assert float((gradient * along).sum()) == pytest.approx(float(moved[30, 0, 30, 30]) / 2e-3, rel=1e-3)
