"""A look inside: every number is that of a plain forward pass written out block by block."""

import copy
from math import log

import pytest
import torch

from engine.classes import Classes
from engine.errors import EngineError
from engine.maps.heads import attention_heads
from engine.models import Backbone
from engine.models.predict import predict
from tests.literal_tower import forward

CLASSES = Classes(("cat", "dog", "red fox"))


@pytest.fixture(scope="module")
def inside(tiny):
    return attention_heads(tiny, torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(3)), CLASSES)


@pytest.fixture(scope="module")
def literal(tiny):
    return forward(tiny, torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(3)))


def test_attention_is_that_of_each_blocks_own_projections(inside, literal):
    assert inside.attention.shape == (4, 2, 8, 8) and inside.between.shape == (4, 2, 64, 64)
    for layer, expected in enumerate(literal):
        attention = torch.stack(expected.attention).detach()
        assert torch.allclose(inside.attention[layer].flatten(1), attention[:, 0, 1:], atol=1e-6)
        assert torch.allclose(inside.between[layer].float(), attention[:, 1:, 1:], atol=1e-4)
        for head in range(2):
            row = attention[head, 0, 1:].tolist()
            spread = -sum(p / sum(row) * log(p / sum(row)) for p in row)
            assert float(inside.entropies[layer, head]) == pytest.approx(spread, abs=1e-4)


def test_norms_are_lengths_of_the_tokens_a_layer_leaves(inside, literal):
    for layer, expected in enumerate(literal):
        assert torch.allclose(inside.norms[layer].flatten(), expected.left[1:].square().sum(-1).sqrt(), rtol=1e-4)


def test_the_last_layers_answer_is_the_models_own(tiny, inside):
    picture = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(3))
    assert inside.logits.shape == (4, 3)
    assert torch.allclose(inside.logits[-1], predict(tiny, picture, CLASSES).logits, atol=1e-4)
    assert not torch.allclose(inside.logits[0], inside.logits[-1], atol=1e-2)


def test_a_patch_shows_its_own_row(inside):
    assert torch.equal(inside.from_patch(2, 5).flatten(2), inside.between[:, :, 2 * 8 + 5].float())
    with pytest.raises(EngineError, match="row 7, column 7; got row 8, column 0"):
        inside.from_patch(8, 0)


def test_a_resnet_is_refused(resnet, pixels):
    with pytest.raises(EngineError, match="no attention heads"):
        attention_heads(resnet, pixels, CLASSES)


def test_where_patches_are_averaged_the_summary_is_their_mean(tiny, pixels):
    model = copy.deepcopy(tiny.model)
    model.visual.pool_type = "avg"
    averaged = Backbone(model, tiny.tokenizer, "averaged")
    found = attention_heads(averaged, pixels, CLASSES)
    for layer, expected in enumerate(forward(averaged, pixels)):
        rows = torch.stack(expected.attention).detach()[:, 1:, 1:]
        assert torch.allclose(found.attention[layer].flatten(1), rows.mean(1), atol=1e-6)
    assert torch.allclose(found.logits[-1], predict(averaged, pixels, CLASSES).logits, atol=1e-4)
