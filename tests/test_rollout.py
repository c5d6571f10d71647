"""Attention algebra and the maps made from it."""

import copy

import pytest
import torch

from engine import rollout
from engine.attention import MAPS, RESNET_FLOORS, attend, attention_maps, methods_for
from engine.backbone import Backbone
from engine.errors import EngineError
from engine.settings import AttentionSettings
from engine.types import Classes, upsample

CLASSES = Classes(("cat", "dog", "red fox"))
GRID = (8, 8)


@pytest.fixture(scope="module")
def double(tiny) -> Backbone:
    """The tiny model in float64, where rounding cannot hide what is zero."""
    return Backbone(copy.deepcopy(tiny.model).double(), tiny.tokenizer, "tiny in float64")


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    """Five noise pictures (5, 3, 64, 64)."""
    return torch.rand(5, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def random_attention() -> torch.Tensor:
    return (torch.randn(3, 2, 65, 65, generator=torch.manual_seed(0), dtype=torch.float64) * 2).softmax(-1)


def test_contributions_and_their_products_have_rows_that_sum_to_one():
    attention = random_attention()
    weights = rollout.token_weights(torch.randn(3, 65, generator=torch.manual_seed(1), dtype=torch.float64))
    block = rollout.contributions(attention, weights)
    for matrix in (block, rollout.joint([block, block, block]), rollout.last_two([block, block])):
        assert torch.allclose(matrix.sum(-1), torch.ones(3, 65, dtype=torch.float64), atol=1e-6)


def test_token_weights_are_never_negative_and_sum_to_one():
    weights = rollout.token_weights(torch.tensor([[2.0, -1, 2], [-1, -2, -3]]))
    assert weights[0].tolist() == pytest.approx([0.5, 0, 0.5])
    assert weights[1].tolist() == [0, 0, 0]


def test_last_two_is_to_first_order_five_thirds_and_one_third_of_the_class_tokens_evidence():
    before, last = random_attention(), random_attention().flip(-1)
    first, second = torch.randn(2, 3, 65, generator=torch.manual_seed(2), dtype=torch.float64)
    evidence = [rollout.token_weights(first), rollout.token_weights(second)]
    blocks = [rollout.contributions(a, w) for a, w in zip((before, last), evidence, strict=True)]
    drawn = rollout.class_row(rollout.last_two(blocks), GRID).flatten(1)
    earlier, later = ((a.mean(1)[:, 0] * w)[:, 1:] for a, w in zip((before, last), evidence, strict=True))
    expected = later * 5 / 3 + earlier / 3
    assert (drawn - expected).abs().max() < 0.1 * expected.max()


def test_stretch_clips_each_map_by_itself_and_leaves_flat_ones_dark():
    maps = torch.stack([torch.arange(100.0).view(10, 10), torch.full((10, 10), 3.0)])
    stretched = rollout.stretch(maps, 0.9)
    assert float(stretched[0].max()) == pytest.approx(1) and int((stretched[0] > 0.999).sum()) == 10
    assert not stretched[1].any()


@pytest.mark.parametrize("method", MAPS)
def test_batched_maps_equal_maps_one_by_one(double, pictures, method):
    text, settings = double.encode_text(CLASSES), AttentionSettings(method)
    batched = attention_maps(double, pictures, text, settings)
    single = [attention_maps(double, picture[None], text, settings) for picture in pictures]
    scale = batched.raw.amax((-2, -1), keepdim=True)
    raw = torch.cat([maps.raw for maps in single])
    sound = ~batched.degenerate
    assert torch.allclose((batched.raw / scale)[sound], (raw / scale)[sound], atol=1e-9)
    assert batched.labels.tolist() == [int(maps.labels) for maps in single]
    assert batched.grid.min() >= 0 and batched.grid.max() <= 1


def test_patches_of_the_last_block_have_no_first_order_evidence(double, pictures):
    """LayerNorm ignores scale, and a patch reaches the last class token only through LayerNorm."""
    trace = double.trace(pictures, 2)
    scores = double.logits(trace.features, double.encode_text(CLASSES)).amax(-1)
    before, last = (
        rollout.token_dots(tokens, gradient)
        for tokens, gradient in zip(trace.tokens, torch.autograd.grad(scores.sum(), trace.tokens), strict=True)
    )
    assert last[:, 1:].abs().max() < 1e-3 * last[:, 0].abs().max()
    assert before[:, 1:].abs().max() > 1e-2 * before[:, 0].abs().max()


def test_repaired_weights_give_the_patches_of_the_last_block_a_say(double, pictures):
    trace = double.trace(pictures, 2)
    scores = double.logits(trace.features, double.encode_text(CLASSES)).amax(-1)
    gradient = torch.autograd.grad(scores.sum(), trace.normed)[-1]
    weights = rollout.token_weights(rollout.token_dots(trace.normed[-1], gradient))
    assert weights[:, 1:].sum(-1).min() > 0.01


def test_maps_with_a_class_token_that_weighs_nothing_are_marked(double, pictures):
    text = double.encode_text(CLASSES)
    labels = torch.arange(3).repeat_interleave(5)
    maps = attention_maps(double, pictures.repeat(3, 1, 1, 1), text, AttentionSettings(), labels)
    trace = double.trace(pictures, 2)
    for label in range(3):
        scores = double.logits(trace.features, text)[:, label]
        gradient = torch.autograd.grad(scores.sum(), trace.tokens[-1], retain_graph=True)[0]
        weight = (trace.tokens[-1] * gradient).sum(-1)[:, 0]
        assert maps.degenerate[labels == label].tolist() == (weight <= 0).tolist()


def test_attend_answers_for_the_asked_class_on_the_cpu_in_float32(tiny, pictures):
    asked = attend(tiny, pictures[0], CLASSES, AttentionSettings("grad-cam"), label=2)
    own = attend(tiny, pictures[0], CLASSES, AttentionSettings("grad-cam"))
    assert asked.label == 2 and own.label == int(
        tiny.logits(tiny.encode_image(pictures[:1]), tiny.encode_text(CLASSES)).argmax()
    )
    assert asked.grid.shape == GRID and asked.grid.dtype == torch.float32 and not asked.grid.requires_grad
    assert asked.upsampled(64).shape == (64, 64)


def test_maps_do_not_need_gradients_to_be_on(tiny, pictures):
    text = tiny.encode_text(CLASSES)
    with torch.no_grad():
        inside = attention_maps(tiny, pictures, text, AttentionSettings())
    assert torch.equal(inside.raw, attention_maps(tiny, pictures, text, AttentionSettings()).raw)


def test_a_resnet_has_grad_cam_and_says_so_when_tokens_are_asked_for(resnet, pictures):
    assert methods_for(resnet) == tuple(RESNET_FLOORS)
    asked, labels = pictures.repeat(3, 1, 1, 1), torch.arange(3).repeat_interleave(5)
    text = resnet.encode_text(CLASSES)
    sharpened, plain = (
        attention_maps(resnet, asked, text, AttentionSettings(method), labels) for method in ("a-tpt", "grad-cam")
    )
    assert plain.grid.any() and torch.equal(plain.grid, sharpened.grid)
    assert (sharpened.upsampled(64) == 0).sum() > (plain.upsampled(64) == 0).sum()
    with pytest.raises(EngineError, match="is a ResNet, which has none; choose grad-cam or a-tpt"):
        attend(resnet, pictures[0], CLASSES, AttentionSettings("rollout"))


def test_sharpened_maps_keep_their_peak_at_one():
    grid = torch.rand(2, 4, 4, generator=torch.manual_seed(0))
    assert upsample(grid, 32, 0.2).amax((-2, -1)).tolist() == pytest.approx([1, 1])


def test_an_unknown_map_is_refused_with_the_list_of_maps(tiny, pictures):
    with pytest.raises(EngineError, match="Expected the map to be one of a-tpt, .*; got “magic”"):
        attend(tiny, pictures[0], CLASSES, AttentionSettings("magic"))
