"""Colour scales of maps: monotone, undone by the values on their bar, and spread where only few cells are strong."""

import numpy as np
import pytest
from PIL import Image

from engine.overlays import BRIGHT, DARK, MOST_ROOT, Scale, compared, difference_scale, scale_of, upper_end
from engine.results import Box

SCALES = [Scale(2.0, 6.0), Scale(2.0, 6.0, 3), Scale(-4.0, 4.0, 1, even=True), Scale(-4.0, 4.0, 4, even=True)]


def sparse(strong: int, faint: float, cells: int = 196) -> np.ndarray:
    """A map of so many strong cells; the others lie between 0 and `faint`."""
    values = np.linspace(0, faint, cells)
    values[-strong:] = np.linspace(0.9, 1, strong)
    return values.reshape(14, -1)


@pytest.mark.parametrize("scale", SCALES)
def test_a_scale_keeps_the_order_of_values_and_its_bar_tells_them(scale):
    values = np.linspace(scale.low, scale.high, 201)
    shares = scale.shares(values)
    assert shares[0] == 0 and shares[-1] == 1 and (np.diff(shares) > 0).all()
    assert np.allclose(scale.values(shares), values)
    assert scale.shares([scale.high + 1]) > 1  # not cut off: words tell what lies beyond


def test_the_roots_are_those_of_the_distance_from_the_darkest_value_or_from_zero():
    assert np.allclose(Scale(2.0, 6.0, 2).shares([2, 3, 6]), [0, 0.5, 1])
    assert np.allclose(Scale(-4.0, 4.0, 2, even=True).shares([-4, -1, 0, 1, 4]), [0, 0.25, 0.5, 0.75, 1])
    assert np.allclose(Scale(2.0, 6.0, 2).values([0, 0.5, 1]), [2, 3, 6])


@pytest.mark.parametrize(("faint", "root"), [(0.2, 1), (0.05, 2), (0.004, 3), (0.0005, 4), (1e-9, 4)])
def test_maps_of_few_strong_cells_get_the_least_root_that_shows_a_fifth_of_them(faint, root):
    values = sparse(5, faint)
    scale = scale_of(values)
    assert (scale.low, scale.high, scale.root) == (0, upper_end(values), root)
    for less in range(1, root):
        assert (Scale(scale.low, scale.high, less).shares(values) > DARK).mean() < BRIGHT
    if faint > 1e-4:
        assert (scale.shares(values) >= DARK).mean() >= BRIGHT


def test_one_root_serves_all_maps_of_a_scale_and_flat_ones_need_none():
    bright, dark = np.linspace(0, 1, 196).reshape(14, 14), sparse(3, 1e-6)
    assert scale_of(bright).root == 1 and scale_of(dark).root == MOST_ROOT
    both = scale_of(bright, dark)
    assert both == scale_of(dark, bright) and both.root == 1
    assert scale_of(np.full((4, 4), 0.3)) == Scale(0.3, 0.3)
    assert scale_of(np.full((4, 4), 0.3), low=0.0) == Scale(0.0, 0.3)


def test_differences_are_even_and_rooted_by_their_size():
    change = sparse(6, 0.004) * np.where(np.arange(196).reshape(14, 14) % 2, -1, 1)
    scale = difference_scale(change)
    assert (scale.low, scale.high, scale.even) == (-scale.high, upper_end(np.abs(change)), True)
    assert scale.root == scale_of(np.abs(change)).root == 3 and scale.shares(0.0) == 0.5
    assert difference_scale(np.zeros((4, 4))).root == 1


def test_files_over_the_whole_picture_follow_the_scale():
    values, whole = sparse(5, 0.004), Image.new("RGB", (28, 28))
    plain = Scale(0.0, 1.0)
    rooted, linear = (np.asarray(compared(whole, Box.whole(), values, None, scale=each)["attacked"]).mean()
                      for each in (None, plain))  # fmt: skip
    assert rooted > linear
