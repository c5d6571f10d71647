"""Baselines: noise of the promised size, and maps that know no model, against their definitions written out."""

from math import sqrt

import pytest
import torch

from engine.errors import EngineError
from engine.numerics.baselines import edges, random_map, sign_noise


def test_sign_noise_moves_every_channel_by_epsilon_either_way(pixels):
    moved = sign_noise(pixels * 0.5 + 0.25, 4 / 255, 3) - (pixels * 0.5 + 0.25)
    assert torch.allclose(moved.abs(), torch.full_like(moved, 4 / 255), atol=1e-6)
    assert abs(float((moved > 0).float().mean()) - 0.5) < 0.02


def test_sign_noise_stays_in_range_and_depends_on_the_seed_alone(pixels):
    noisy = sign_noise(pixels, 0.5, 1)
    assert float(noisy.min()) >= 0 and float(noisy.max()) <= 1
    assert torch.equal(noisy, sign_noise(pixels, 0.5, 1)) and not torch.equal(noisy, sign_noise(pixels, 0.5, 2))
    assert torch.equal(sign_noise(pixels, 0, 1), pixels)


def test_sign_noise_refuses_levels_of_255(pixels):
    with pytest.raises(EngineError, match=r"epsilon in \[0, 1\].*got 4"):
        sign_noise(pixels, 4, 0)


SOBEL = ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1))


def test_edges_are_the_mean_sobel_magnitude_of_every_cell_with_outermost_pixels_repeated():
    picture = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(0))

    def grey(y: int, x: int) -> float:
        return float(picture[:, min(max(y, 0), 7), min(max(x, 0), 7)].mean())

    def magnitude(y: int, x: int) -> float:
        around = [(i, j, grey(y + i - 1, x + j - 1)) for i in range(3) for j in range(3)]
        across, down = sum(SOBEL[i][j] * v for i, j, v in around), sum(SOBEL[j][i] * v for i, j, v in around)
        return sqrt(across**2 + down**2)

    found = edges(picture, (2, 2))
    for row in range(2):
        for column in range(2):
            cell = [magnitude(y, x) for y in range(4 * row, 4 * row + 4) for x in range(4 * column, 4 * column + 4)]
            assert float(found[row, column]) == pytest.approx(sum(cell) / 16, rel=1e-4)


@pytest.mark.parametrize("colour", [(1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (0.1, 0.3, 0.7)])
def test_a_flat_picture_has_no_edges(colour):
    assert not edges(torch.tensor(colour)[:, None, None].expand(3, 30, 30), (4, 4)).any()


def test_edges_are_where_the_object_is_and_not_at_the_frame():
    picture = torch.ones(3, 32, 32)
    picture[:, 14:20, 10:14] = 0.5  # its outline lies in rows 13 to 20 and columns 9 to 14
    found = edges(picture, (8, 8))
    assert {tuple(cell) for cell in (found > 0).nonzero().tolist()} == {(y, x) for y in (3, 4, 5) for x in (2, 3)}


def test_a_random_map_depends_on_its_seed_alone():
    assert torch.equal(random_map((8, 8), 5), random_map((8, 8), 5))
    assert not torch.equal(random_map((8, 8), 5), random_map((8, 8), 6))
