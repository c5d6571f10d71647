"""Maps: batched as one by one, about the class that was asked, refusals in sentences, nothing left in the model."""

import copy

import pytest
import torch

from engine.classes import Classes
from engine.errors import EngineError
from engine.maps.attend import attend, attention_maps, gather
from engine.maps.registry import MAPS, maps_for
from engine.models import Backbone
from engine.models.precision import dtype_of
from engine.numerics import rollout
from engine.numerics.baselines import edges
from engine.settings import AttentionSettings

CLASSES = Classes(("cat", "dog", "red fox"))


@pytest.fixture(scope="module")
def double(tiny) -> Backbone:
    """The tiny model in float64, where rounding cannot hide what is zero."""
    return Backbone(copy.deepcopy(tiny.model).double(), tiny.tokenizer, "tiny in float64")


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    """Five noise pictures (5, 3, 64, 64)."""
    return torch.rand(5, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def hooks(backbone: Backbone) -> int:
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in backbone.model.modules())


@pytest.mark.parametrize("name", MAPS)
def test_batched_maps_equal_maps_one_by_one(double, pictures, name):
    text, settings = double.encode_text(CLASSES), AttentionSettings(name)
    batched = attention_maps(double, pictures, text, settings)
    single = [attention_maps(double, picture[None], text, settings) for picture in pictures]
    scale = batched.raw.amax((-2, -1), keepdim=True)
    raw = torch.cat([maps.raw for maps in single])
    sound = ~batched.degenerate
    assert torch.allclose((batched.raw / scale)[sound], (raw / scale)[sound], atol=1e-9)
    assert batched.labels.tolist() == [int(maps.labels) for maps in single]
    assert batched.raw.shape == batched.grid.shape == (5, 8, 8) and not batched.raw.requires_grad
    assert batched.grid.min() >= 0 and batched.grid.max() <= 1


@pytest.mark.parametrize("name", ["a-tpt", "grad-cam", "random", "edges"])
def test_batched_maps_equal_maps_one_by_one_on_a_resnet(resnet, pictures, name):
    text, settings = resnet.encode_text(CLASSES), AttentionSettings(name)
    batch = attention_maps(resnet, pictures, text, settings)
    singles = torch.cat([attention_maps(resnet, x[None], text, settings).raw for x in pictures])
    assert torch.allclose(batch.raw, singles, rtol=1e-4, atol=1e-6)
    assert batch.upsampled(64).shape == (5, 64, 64)


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


@pytest.mark.parametrize("name", ["a-tpt", "gradient-rollout", "depth-weighted"])
def test_maps_with_a_class_token_that_weighs_nothing_are_marked(double, pictures, name):
    text = double.encode_text(CLASSES)
    labels = torch.arange(3).repeat_interleave(5)
    maps = attention_maps(double, pictures.repeat(3, 1, 1, 1), text, AttentionSettings(name), labels)
    assert 0 < maps.degenerate.sum() < len(labels)
    trace = double.trace(pictures, 2)
    for label in range(3):
        scores = double.logits(trace.features, text)[:, label]
        gradient = torch.autograd.grad(scores.sum(), trace.tokens[-1], retain_graph=True)[0]
        weight = (trace.tokens[-1] * gradient).sum(-1)[:, 0]
        assert maps.degenerate[labels == label].tolist() == (weight <= 0).tolist()


def sound(attention: torch.Tensor, dots: torch.Tensor) -> torch.Tensor:
    """A-TPT's map (t - 1,) of one picture from attention (2, t, t) and products (2, t) of the last two blocks, had the
    last block's patches no products, as in exact arithmetic."""
    blocks = []
    for place in range(2):
        products = dots[place].double().relu()
        if place == 1:
            products[1:] = 0
        block = torch.eye(len(products)) + attention[place].double() * products / (products.sum() + 1e-8)
        blocks.append(block / block.sum(-1, keepdim=True))
    middle = 0.5 * blocks[0] + blocks[1]
    return (blocks[1] @ (middle / middle.sum(-1, keepdim=True)))[0, 1:]


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_maps_made_of_rounding_are_marked_in_every_precision_and_others_resemble_exact_ones(
    double, tiny, pictures, precision
):
    backbone = Backbone(copy.deepcopy(tiny.model).to(dtype_of(precision)), tiny.tokenizer, precision)
    labels, asked = torch.arange(3).repeat_interleave(5), pictures.repeat(3, 1, 1, 1)
    text, settings = backbone.encode_text(CLASSES), AttentionSettings("a-tpt")
    maps = attention_maps(backbone, asked, text, settings, labels)
    exact = attention_maps(double, asked, double.encode_text(CLASSES), settings, labels)
    evidence, _ = gather(backbone, asked, text, settings, labels)
    dots = torch.stack([found.detach() for found in evidence.dots(evidence.trace.tokens)], 1)
    attention = torch.stack([found.detach().mean(1) for found in evidence.trace.attention], 1)
    for place in range(15):
        raw, marked = maps.raw[place].double().flatten(), bool(maps.degenerate[place])
        residue = (raw - sound(attention[place], dots[place])).abs().sum() / raw.sum()
        assert marked == bool(residue > 0.1)
        alike = float(torch.corrcoef(torch.stack([raw, exact.raw[place].flatten()]))[0, 1])
        assert marked or alike > 0.95
    more = int((maps.degenerate & (dots[:, 1, 0] > 0)).sum())  # though the class token's own weight is positive
    assert more >= 1 if precision == "bf16" else more == 0


def test_attend_answers_for_the_asked_class_or_else_its_own_on_the_cpu_in_float32(double, pictures):
    asked = attend(double, pictures[0], CLASSES, AttentionSettings("grad-cam"), label=2)
    own = attend(double, pictures[0], CLASSES, AttentionSettings("grad-cam"))
    logits = double.logits(double.encode_image(pictures[:1]), double.encode_text(CLASSES))
    assert asked.label == 2 and asked.map == "grad-cam" and own.label == int(logits.argmax())
    assert asked.grid.shape == (8, 8) and asked.grid.dtype == torch.float32
    assert asked.upsampled(64).shape == (64, 64)


def test_the_asked_class_changes_gradient_maps_but_not_raw_attention(tiny, pictures):
    def drawn(name: str, label: int) -> torch.Tensor:
        return attend(tiny, pictures[0], CLASSES, AttentionSettings(name), label).raw

    assert torch.equal(drawn("raw", 0), drawn("raw", 1))
    assert not torch.equal(drawn("grad-cam", 0), drawn("grad-cam", 1))


def test_layers_and_heads_that_are_not_there_are_refused(tiny, pictures):
    with pytest.raises(EngineError, match="a layer from 0 to 3; got 4"):
        attend(tiny, pictures[0], CLASSES, AttentionSettings("raw", layer=4))
    with pytest.raises(EngineError, match="a head from 0 to 1; got 2"):
        attend(tiny, pictures[0], CLASSES, AttentionSettings("raw", head=2))
    with pytest.raises(EngineError, match="head to be at least 0; got -1"):
        AttentionSettings("raw", head=-1)
    with pytest.raises(EngineError, match="one of mean, max, min; got “median”"):
        AttentionSettings(fusion="median")
    with pytest.raises(EngineError, match="discarded between 0 and 0.99; got 1"):
        AttentionSettings(discard=1)


def test_baselines_are_those_of_each_picture(tiny, pictures):
    text = tiny.encode_text(CLASSES)
    noise, other = (attention_maps(tiny, pictures, text, AttentionSettings("random", seed=s)).raw for s in (0, 1))
    assert not torch.equal(noise, other) and not torch.equal(noise[0], noise[1])
    found = attention_maps(tiny, pictures, text, AttentionSettings("edges")).raw
    assert torch.equal(found, torch.stack([edges(picture, (8, 8)) for picture in pictures]))


def test_maps_do_not_need_gradients_to_be_on(tiny, pictures):
    text = tiny.encode_text(CLASSES)
    with torch.no_grad():
        inside = attention_maps(tiny, pictures, text, AttentionSettings())
    assert torch.equal(inside.raw, attention_maps(tiny, pictures, text, AttentionSettings()).raw)


def test_tracing_leaves_features_as_they_are_and_no_hooks(tiny, pictures):
    before, stood = tiny.encode_image(pictures), hooks(tiny)
    trace = tiny.trace(pictures, 2)
    assert torch.allclose(trace.features, before, atol=1e-5)
    assert torch.allclose(tiny.read_out(trace.left[-1]), trace.features, atol=1e-6)
    assert torch.allclose(trace.left[0], trace.tokens[1])
    assert hooks(tiny) == stood
    assert torch.equal(tiny.encode_image(pictures), before)
    assert all(parameter.grad is None for parameter in tiny.model.parameters())


def test_attention_rows_are_distributions(tiny, pictures):
    trace = tiny.trace(pictures, 2)
    assert [a.shape for a in trace.attention] == [(5, 2, 65, 65)] * 2
    assert torch.allclose(trace.attention[1].sum(-1), torch.ones(5, 2, 65), atol=1e-5)


@pytest.mark.parametrize("fixture", ["tiny", "resnet"])
def test_an_exception_inside_leaves_no_hooks_behind(fixture, request):
    backbone = request.getfixturevalue(fixture)
    stood = hooks(backbone)
    with pytest.raises(RuntimeError):
        backbone.trace(torch.rand(1, 5, 64, 64), 2)
    assert hooks(backbone) == stood


def test_a_resnet_has_grad_cam_sharpened_or_not_and_refuses_maps_that_read_tokens(resnet, pictures):
    assert maps_for(resnet) == ("a-tpt", "grad-cam", "random", "edges")
    asked, labels = pictures.repeat(3, 1, 1, 1), torch.arange(3).repeat_interleave(5)
    text = resnet.encode_text(CLASSES)
    sharpened, plain = (
        attention_maps(resnet, asked, text, AttentionSettings(name), labels) for name in ("a-tpt", "grad-cam")
    )
    assert plain.grid.any() and torch.equal(plain.grid, sharpened.grid)
    assert (sharpened.upsampled(64) == 0).sum() > (plain.upsampled(64) == 0).sum()
    with pytest.raises(EngineError, match="is a ResNet, which has none; choose a-tpt, grad-cam, random or edges"):
        attend(resnet, pictures[0], CLASSES, AttentionSettings("rollout"))


def test_an_unknown_map_is_refused_with_the_list_of_maps(tiny, pictures):
    with pytest.raises(EngineError, match="Expected the map to be one of a-tpt, .*; got “magic”"):
        attend(tiny, pictures[0], CLASSES, AttentionSettings("magic"))
