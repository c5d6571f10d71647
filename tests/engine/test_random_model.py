"""Models of published shapes with random weights: the shapes are right, and so is the tokenizer."""

import pytest
from torch.nn import init

from engine.benchmarks.random_model import random_backbone

WEIGHTS = {"TinyCLIP-39M-16": 83_101_185, "RN50": 102_007_137, "ViT-B-32": 151_277_313, "ViT-B-16": 149_620_737}


@pytest.fixture
def undrawn(monkeypatch) -> None:
    """Weights keep what their memory holds: to draw a hundred million takes seconds."""
    for name in ("normal_", "uniform_", "kaiming_uniform_"):
        monkeypatch.setattr(init, name, lambda tensor, *_, **__: tensor)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("shape", WEIGHTS)
def test_a_random_model_has_as_many_weights_as_the_published_one(shape):
    backbone = random_backbone(shape, "cpu")
    assert backbone.parameters == WEIGHTS[shape] and backbone.image_size == 224
    assert backbone.kind == ("resnet" if shape == "RN50" else "vit")
    assert backbone.name == f"{shape} with random weights"


@pytest.mark.slow
def test_a_random_model_is_the_same_every_time_and_in_the_format_asked_for():
    first, second = random_backbone("ViT-S-32-alt", "cpu"), random_backbone("ViT-S-32-alt", "cpu", "bf16")
    assert (first.precision, second.precision) == ("fp32", "bf16")
    mine, other = first.visual.proj, second.visual.proj
    assert (mine.bfloat16() == other).all() and mine.std() > 0
