"""Maps: batched as one by one, nothing left behind in the model, refusals in sentences."""

import pytest
import torch

from engine.attention import MAPS, attend, attention_maps, methods_for
from engine.backbone import Backbone
from engine.errors import EngineError
from engine.settings import AttentionSettings
from engine.types import Classes

CLASSES = Classes(("cat", "dog", "fish", "tree"))


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    return torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(3))


def hooks(backbone: Backbone) -> int:
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in backbone.model.modules())


@pytest.mark.parametrize("method", MAPS)
def test_a_batch_draws_what_single_pictures_draw(tiny, pictures, method):
    text, settings = tiny.encode_text(CLASSES), AttentionSettings(method)
    batch = attention_maps(tiny, pictures, text, settings)
    for i, picture in enumerate(pictures):
        single = attention_maps(tiny, picture[None], text, settings)
        assert int(batch.labels[i]) == int(single.labels)
        assert bool(batch.degenerate[i]) == bool(single.degenerate)
        if not single.degenerate:
            error = (batch.raw[i] - single.raw[0]).abs().max() / single.raw.abs().max().clamp_min(1e-12)
            assert float(error) < 5e-3


@pytest.mark.parametrize("method", ["a-tpt", "grad-cam"])
def test_a_batch_draws_what_single_pictures_draw_on_a_resnet(resnet, pictures, method):
    text, settings = resnet.encode_text(CLASSES), AttentionSettings(method)
    batch = attention_maps(resnet, pictures, text, settings)
    singles = torch.cat([attention_maps(resnet, x[None], text, settings).raw for x in pictures])
    assert torch.allclose(batch.raw, singles, rtol=1e-4, atol=1e-6)
    assert batch.upsampled(64).shape == (3, 64, 64)


@pytest.mark.parametrize("method", MAPS)
def test_a_map_lies_on_the_grid_between_zero_and_one(tiny, pictures, method):
    drawn = attend(tiny, pictures[0], CLASSES, AttentionSettings(method), label=2)
    assert drawn.raw.shape == drawn.grid.shape == tiny.grid
    assert drawn.label == 2 and drawn.method == method
    assert float(drawn.grid.min()) >= 0 and float(drawn.grid.max()) <= 1
    assert not drawn.raw.requires_grad


def test_the_asked_class_changes_gradient_maps_but_not_raw_attention(tiny, pictures):
    def drawn(method: str, label: int) -> torch.Tensor:
        return attend(tiny, pictures[0], CLASSES, AttentionSettings(method), label).raw

    assert torch.equal(drawn("raw", 0), drawn("raw", 1))
    assert not torch.equal(drawn("grad-cam", 0), drawn("grad-cam", 1))


def test_without_a_label_the_top_class_is_asked(tiny, pictures):
    settings = AttentionSettings("a-tpt-repaired")
    drawn = attend(tiny, pictures[1], CLASSES, settings)
    assert torch.equal(drawn.raw, attend(tiny, pictures[1], CLASSES, settings, drawn.label).raw)


def test_tracing_leaves_features_as_they_are_and_no_hooks(tiny, pictures):
    before = tiny.encode_image(pictures)
    trace = tiny.trace(pictures, 2)
    assert torch.allclose(trace.features, before, atol=1e-5)
    assert hooks(tiny) == 0
    assert torch.equal(tiny.encode_image(pictures), before)
    assert all(parameter.grad is None for parameter in tiny.model.parameters())


def test_attention_rows_are_distributions(tiny, pictures):
    trace = tiny.trace(pictures, 2)
    assert [a.shape for a in trace.attention] == [(3, 2, 65, 65)] * 2
    assert torch.allclose(trace.attention[1].sum(-1), torch.ones(3, 2, 65), atol=1e-5)


@pytest.mark.parametrize("fixture", ["tiny", "resnet"])
def test_an_exception_inside_leaves_no_hooks_behind(fixture, request):
    backbone = request.getfixturevalue(fixture)
    with pytest.raises(RuntimeError):
        backbone.trace(torch.rand(1, 5, 64, 64), 2)
    assert hooks(backbone) == 0


def test_an_unknown_method_is_refused_with_the_known_ones(tiny, pictures):
    with pytest.raises(EngineError, match="a-tpt-repaired.*got “lime”"):
        attend(tiny, pictures[0], CLASSES, AttentionSettings("lime"))


def test_a_resnet_refuses_maps_that_read_tokens(resnet, pictures):
    assert methods_for(resnet) == ("grad-cam", "a-tpt")
    with pytest.raises(EngineError, match="ResNet.*grad-cam or a-tpt"):
        attend(resnet, pictures[0], CLASSES, AttentionSettings("rollout"))


def test_a_class_that_is_not_there_is_refused(tiny, pictures):
    with pytest.raises(EngineError, match="from 0 to 3; got 4"):
        attend(tiny, pictures[0], CLASSES, AttentionSettings(), label=4)
