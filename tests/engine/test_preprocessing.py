"""Pictures are made square as open_clip makes them, whatever their shape and whatever a model asks for."""

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

from engine.errors import EngineError
from engine.models.preprocessing import Preprocessing
from engine.settings import ModelSettings


@pytest.mark.parametrize("shape", [(40, 90), (91, 37), (64, 64), (20, 31)])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
@pytest.mark.parametrize("mode", ModelSettings.RESIZE_MODES)
def test_a_picture_becomes_the_square_that_open_clip_makes_of_it(mode, interpolation, shape):
    picture = Image.fromarray(np.random.default_rng(3).integers(0, 256, (*shape, 3), np.uint8))
    plain = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}
    asked = {"resize_mode": mode, "interpolation": interpolation, "fill_color": 77}
    expected = open_clip.image_transform(64, is_train=False, **plain, **asked)(picture)
    found = Preprocessing(**asked).square(picture, 64)
    assert found.shape == (3, 64, 64) and torch.equal(found, expected)


def test_the_two_interpolations_differ():
    picture = Image.fromarray(np.random.default_rng(4).integers(0, 256, (40, 90, 3), np.uint8))
    one, other = (Preprocessing(interpolation=way).square(picture, 64) for way in ("bicubic", "bilinear"))
    assert not torch.allclose(one, other, atol=0.05)


def test_another_way_of_resizing_is_refused():
    with pytest.raises(EngineError, match="one of shortest, squash, longest; the model's configuration says tile"):
        Preprocessing(resize_mode="tile")
