"""Baselines: noise of the promised size, and maps that know no model, against their definitions written out."""

from math import sqrt

import pytest
import torch

from engine.errors import EngineError
from engine.numerics.baselines import SOBEL, edges, random_map, sign_noise


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


def test_edges_are_the_mean_sobel_magnitude_of_every_cell():
    picture = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(0))
    grey = [[float(picture[:, y, x].mean()) if 0 <= y < 8 and 0 <= x < 8 else 0.0 for x in range(-1, 9)]
            for y in range(-1, 9)]  # fmt: skip

    def magnitude(y: int, x: int) -> float:
        around = [(i, j, grey[y + i][x + j]) for i in range(3) for j in range(3)]
        across, down = sum(SOBEL[i][j] * v for i, j, v in around), sum(SOBEL[j][i] * v for i, j, v in around)
        return sqrt(across**2 + down**2)

    found = edges(picture, (2, 2))
    for row in range(2):
        for column in range(2):
            cell = [magnitude(y, x) for y in range(4 * row, 4 * row + 4) for x in range(4 * column, 4 * column + 4)]
            assert float(found[row, column]) == pytest.approx(sum(cell) / 16, rel=1e-4)


def test_a_random_map_depends_on_its_seed_alone():
    assert torch.equal(random_map((8, 8), 5), random_map((8, 8), 5))
    assert not torch.equal(random_map((8, 8), 5), random_map((8, 8), 6))
