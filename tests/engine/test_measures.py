"""Numbers about predictions, features and maps have the values their definitions give."""

import math

import pytest
import torch
import torch.nn.functional as F
from skimage.metrics import structural_similarity

from engine import EngineError
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
    assert measures.spearman(torch.tensor([1.0, 1, 2, 3]), torch.tensor([1.0, 2, 3, 4])) == pytest.approx(0.9486833)


def test_pictures_are_the_less_alike_the_more_they_differ():
    picture = torch.rand(3, 24, 20, generator=torch.manual_seed(0))
    noise = torch.randn(picture.shape, generator=torch.manual_seed(1))
    alike = [measures.picture_ssim(picture, (picture + share * noise).clamp(0, 1)) for share in (0.0, 0.02, 0.1, 0.5)]
    assert alike[0] == 1.0 and alike == sorted(alike, reverse=True) and len(set(alike)) == 4
    with pytest.raises(EngineError, match="one size"):
        measures.picture_ssim(picture, picture[:, 1:])
    with pytest.raises(EngineError, match="11 x 11"):
        measures.picture_ssim(picture[:, :8], picture[:, :8])


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
    scaled = [((v - v.min()) / (v.max() - v.min())).double().numpy() for v in (first, second)]
    assert measures.ssim(first, second) == pytest.approx(structural_similarity(*scaled, win_size=3, data_range=1))
    assert measures.ssim(first, -first) < 0


@pytest.mark.parametrize("measure", [measures.spearman, measures.ssim])
def test_a_flat_map_has_nothing_to_compare(measure):
    values, flat = torch.rand(5, 5), torch.full((5, 5), 0.5)
    for pair in ((values, flat), (flat, values), (flat, flat), (torch.zeros(5, 5), flat)):
        assert math.isnan(measure(*pair))


def test_top_iou_compares_the_largest_cells():
    first = torch.arange(10.0)
    assert measures.top_iou(first, first) == 1
    assert measures.top_iou(first, -first) == 0
    assert measures.top_iou(first, first.roll(1)) == pytest.approx(1 / 3)


def test_the_strongest_cells_are_those_of_the_definition_written_out():
    for seed in range(20):
        values = torch.randint(0, 5, (4, 5), generator=torch.Generator().manual_seed(seed)).float()
        cells = values.flatten().tolist()
        last = sorted(cells, reverse=True)[3]  # of the strongest fifth of 20
        expected = [value >= last and value > min(cells) for value in cells]
        assert measures.top_cells(values).flatten().tolist() == expected


def test_equal_cells_do_not_fill_up_the_strongest():
    one, other = torch.zeros(14, 14), torch.zeros(14, 14)
    one[2, 3] = other[9, 9] = 1
    assert measures.top_cells(one).nonzero().tolist() == [[2, 3]]
    assert measures.top_iou(one, other) == 0 and measures.top_iou(one, one) == 1
    assert measures.top_iou(one, one + other) == 0.5


def test_maps_without_strongest_cells_have_no_overlap_to_tell():
    assert math.isnan(measures.top_iou(torch.zeros(14, 14), torch.zeros(14, 14)))
    assert math.isnan(measures.top_iou(torch.eye(14), torch.zeros(14, 14)))
    assert math.isnan(measures.top_iou(torch.zeros(14, 14), torch.full((14, 14), 0.5)))


def test_measures_do_not_depend_on_where_equal_cells_lie():
    generator = torch.Generator().manual_seed(0)
    first, second = torch.randint(0, 3, (2, 36), generator=generator).float()
    order = torch.randperm(36, generator=generator)
    for measure in (measures.spearman, measures.top_iou):
        assert measure(first[order], second[order]) == pytest.approx(measure(first, second))


def test_centre_shift_is_measured_in_sides_of_the_picture():
    corner, other = torch.zeros(4, 4), torch.zeros(4, 4)
    corner[0, 0] = other[0, 3] = 1
    assert measures.centre_shift(corner, other) == pytest.approx(0.75)
    assert measures.centre_shift(corner, torch.ones(4, 4)) == pytest.approx(0.375 * math.sqrt(2))
    assert measures.centre_shift(corner, corner - 2 * other) == 0
    assert measures.centre_shift(1e-20 * corner, 1e-20 * other) == pytest.approx(0.75)


def test_a_map_without_a_positive_part_has_no_centre():
    assert math.isnan(measures.centre_shift(torch.ones(4, 4), torch.zeros(4, 4)))
    assert math.isnan(measures.centre_shift(-torch.ones(4, 4), torch.ones(4, 4)))


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


def test_a_flat_map_points_nowhere_and_equal_peaks_must_all_hit():
    mask = torch.zeros(8, 8, dtype=torch.bool)
    mask[:4] = True
    assert not measures.pointing_hit(torch.zeros(2, 2), mask) and not measures.pointing_hit(torch.ones(2, 2), mask)
    assert measures.pointing_hit(torch.tensor([[1.0, 1.0], [0.0, 0.5]]), mask)
    for values in (torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([[0.0, 1.0], [1.0, 0.0]])):
        assert not measures.pointing_hit(values, mask) and not measures.pointing_hit(values.flip(0), mask)


def test_energy_inside_is_the_share_of_the_positive_map_on_the_mask():
    mask = torch.zeros(4, 4, dtype=torch.bool)
    mask[:2, :1], mask[2:, 2:] = True, True
    values = torch.tensor([[2.0, -5.0], [1.0, 1.0]])
    assert measures.energy_inside(values, mask) == pytest.approx((0.5 * 2 + 1) / 4)
    assert measures.energy_inside(torch.zeros(2, 2), mask) == 0
