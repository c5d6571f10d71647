"""Attention algebra, on matrices alone."""

import pytest
import torch

from engine.numerics import rollout
from engine.numerics.upsampling import upsample

GRID = (8, 8)


def random_attention() -> torch.Tensor:
    return (torch.randn(3, 2, 65, 65, generator=torch.manual_seed(0), dtype=torch.float64) * 2).softmax(-1)


def test_contributions_and_their_products_have_rows_that_sum_to_one():
    weights = rollout.token_weights(torch.randn(3, 65, generator=torch.manual_seed(1), dtype=torch.float64))
    block = rollout.contributions(rollout.fuse_heads(random_attention()), weights)
    for matrix in (block, rollout.joint([block, block, block]), rollout.last_two([block, block])):
        assert torch.allclose(matrix.sum(-1), torch.ones(3, 65, dtype=torch.float64), atol=1e-6)


def test_token_weights_are_never_negative_and_sum_to_one():
    weights = rollout.token_weights(torch.tensor([[2.0, -1, 2], [-1, -2, -3]]))
    assert weights[0].tolist() == pytest.approx([0.5, 0, 0.5])
    assert weights[1].tolist() == [0, 0, 0]


@pytest.mark.parametrize(("fusion", "literal"), [("mean", lambda v: sum(v) / len(v)), ("max", max), ("min", min)])
def test_heads_are_fused_entry_by_entry(fusion, literal):
    attention = random_attention()[:1, :, :4, :4]
    fused = rollout.fuse_heads(attention, fusion)
    for row in range(4):
        for column in range(4):
            assert float(fused[0, row, column]) == pytest.approx(literal(attention[0, :, row, column].tolist()))


def test_the_smallest_share_of_each_matrix_is_discarded():
    fused = rollout.fuse_heads(random_attention())
    kept = rollout.fuse_heads(random_attention(), discard=0.9)
    for before, after in zip(fused, kept, strict=True):
        limit = sorted(before.flatten().tolist())[int(0.9 * 65 * 65)]
        assert torch.equal(after, torch.where(before >= limit, before, 0.0))


def test_last_two_is_to_first_order_five_thirds_and_one_third_of_the_class_tokens_evidence():
    before, last = random_attention(), random_attention().flip(-1)
    first, second = torch.randn(2, 3, 65, generator=torch.manual_seed(2), dtype=torch.float64)
    evidence = [rollout.token_weights(first), rollout.token_weights(second)]
    blocks = [rollout.contributions(a.mean(1), w) for a, w in zip((before, last), evidence, strict=True)]
    drawn = rollout.class_row(rollout.last_two(blocks), GRID).flatten(1)
    earlier, later = ((a.mean(1)[:, 0] * w)[:, 1:] for a, w in zip((before, last), evidence, strict=True))
    expected = later * 5 / 3 + earlier / 3
    assert (drawn - expected).abs().max() < 0.1 * expected.max()


def test_stretch_clips_each_map_by_itself_and_leaves_flat_ones_dark():
    maps = torch.stack([torch.arange(100.0).view(10, 10), torch.full((10, 10), 3.0)])
    stretched = rollout.stretch(maps, 0.9)
    assert float(stretched[0].max()) == pytest.approx(1) and int((stretched[0] > 0.999).sum()) == 10
    assert not stretched[1].any()


def test_sharpened_maps_keep_their_peak_at_one():
    grid = torch.rand(2, 4, 4, generator=torch.manual_seed(0))
    assert upsample(grid, 32, 0.2).amax((-2, -1)).tolist() == pytest.approx([1, 1])
