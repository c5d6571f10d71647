"""Numbers about predictions, features and maps have the values their definitions give."""

import math

import pytest
import torch
import torch.nn.functional as F

from engine.numerics import measures


def test_entropy_is_log_c_for_even_logits_and_zero_for_certain_ones():
    logits = torch.stack([torch.zeros(8), F.one_hot(torch.tensor(3), 8) * 1e4])
    assert measures.entropy(logits).tolist() == pytest.approx([math.log(8), 0])


def test_marginal_entropy_is_the_entropy_of_the_mean_probability():
    logits = torch.randn(5, 7, dtype=torch.float64, generator=torch.manual_seed(0)) * 4
    mean = logits.softmax(-1).mean(0)
    assert float(measures.marginal_entropy(logits)) == pytest.approx(float(-(mean * mean.log()).sum()))


def test_opposite_certain_predictions_have_marginal_entropy_log_two():
    logits = torch.tensor([[1000.0, 0, 0], [0, 1000.0, 0]])
    assert float(measures.marginal_entropy(logits)) == pytest.approx(math.log(2))


def test_a_view_is_not_its_own_neighbour():
    features = torch.eye(4)
    assert measures.neighbour_similarity(features, 20).tolist() == [0, 0, 0, 0]
    nothing = torch.zeros(4, 4, dtype=torch.bool)
    assert measures.neighbour_similarity(features, 20, nothing).tolist() == pytest.approx([1 / 3] * 4)


def test_duplicates_count_as_neighbours():
    features = torch.tensor([[1.0, 0], [1, 0], [0, 1]])
    assert measures.neighbour_similarity(features, 1).tolist() == [1, 1, 0]


def test_a_single_view_scores_zero():
    assert measures.neighbour_similarity(torch.ones(1, 3), 20).tolist() == [0]


def test_total_variation_is_zero_for_flat_maps_and_one_for_a_chessboard():
    board = (torch.arange(6)[:, None] + torch.arange(6)) % 2
    maps = torch.stack([torch.full((6, 6), 0.7), board.float()])
    assert measures.total_variation(maps).tolist() == pytest.approx([0, 1])
    assert measures.total_variation(maps, mean=False).tolist() == pytest.approx([0, 60])


def test_spearman_sees_order_only_and_shares_ranks_of_ties():
    values = torch.rand(5, 5, generator=torch.manual_seed(0))
    assert measures.spearman(values, values.exp()) == pytest.approx(1)
    assert measures.spearman(values, -values) == pytest.approx(-1)
    assert measures.spearman(values, torch.zeros(5, 5)) == 0
    assert measures.spearman(torch.tensor([1.0, 1, 2, 3]), torch.tensor([1.0, 2, 3, 4])) == pytest.approx(0.9486833)


def test_ssim_is_the_mean_over_windows_of_maps_scaled_to_one():
    first, second = torch.rand(2, 5, 4, generator=torch.manual_seed(0), dtype=torch.float64) * 7
    a, b = (((v - v.min()) / (v.max() - v.min())).tolist() for v in (first, second))
    found = []
    for y in range(3):
        for x in range(2):
            p, q = ([m[y + i][x + j] for i in range(3) for j in range(3)] for m in (a, b))
            p_mean, q_mean = sum(p) / 9, sum(q) / 9
            p_var, q_var = (sum((v - m) ** 2 for v in w) / 8 for w, m in ((p, p_mean), (q, q_mean)))
            both = sum((v - p_mean) * (w - q_mean) for v, w in zip(p, q, strict=True)) / 8
            over = (2 * p_mean * q_mean + 1e-4) * (2 * both + 9e-4)
            found.append(over / ((p_mean**2 + q_mean**2 + 1e-4) * (p_var + q_var + 9e-4)))
    assert measures.ssim(first, second) == pytest.approx(sum(found) / 6)
    assert measures.ssim(first, 3 * first + 1) == pytest.approx(1)
    assert measures.ssim(first, -first) < 0


def test_top_iou_compares_the_largest_cells():
    first = torch.arange(10.0)
    assert measures.top_iou(first, first) == 1
    assert measures.top_iou(first, -first) == 0
    assert measures.top_iou(first, first.roll(1)) == pytest.approx(1 / 3)


def test_centre_shift_is_measured_in_sides_of_the_picture():
    corner, other, empty = torch.zeros(4, 4), torch.zeros(4, 4), torch.zeros(4, 4)
    corner[0, 0] = other[0, 3] = 1
    assert measures.centre_shift(corner, other) == pytest.approx(0.75)
    assert measures.centre_shift(corner, empty) == pytest.approx(0.375 * math.sqrt(2))
    assert measures.centre_shift(corner, corner - 2 * other) == 0


def test_a_cell_is_covered_by_its_share_of_the_mask():
    mask = torch.zeros(4, 4, dtype=torch.bool)
    mask[:2, 0] = True
    assert measures.coverage(mask, (2, 2)).tolist() == [[0.5, 0.0], [0.0, 0.0]]


def test_pointing_asks_for_the_middle_of_the_strongest_cell():
    values = torch.tensor([[0.0, 0.2], [0.9, 0.1]])
    mask = torch.zeros(8, 8, dtype=torch.bool)
    mask[6, 2] = True  # the middle of the lower left cell
    assert measures.pointing_hit(values, mask) and not measures.pointing_hit(values.t(), mask)
    assert not measures.pointing_hit(values, mask.roll(1, 1))


def test_energy_inside_is_the_share_of_the_positive_map_on_the_mask():
    mask = torch.zeros(4, 4, dtype=torch.bool)
    mask[:2, :1], mask[2:, 2:] = True, True
    values = torch.tensor([[2.0, -5.0], [1.0, 1.0]])
    assert measures.energy_inside(values, mask) == pytest.approx((0.5 * 2 + 1) / 4)
    assert measures.energy_inside(torch.zeros(2, 2), mask) == 0
