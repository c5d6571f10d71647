"""Pictures are made square as open_clip makes them, whatever their shape and whatever a model asks for."""

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

from engine.errors import EngineError
from engine.models.preprocessing import Preprocessing
from engine.settings import ModelSettings, PictureSettings


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


SHAPES = [(2000, 500), (37, 91), (64, 64), (31, 20), (500, 375)]
FITS = [PictureSettings(fit, frame) for fit in PictureSettings.FITS for frame in (0.0, 0.3, 0.5, 1.0)]


def waves(width, height):
    """A picture of which every pixel tells roughly where it lies: red by column, green by row."""
    columns, rows = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([columns, rows, 0 * rows], -1).round().astype(np.uint8))


@pytest.mark.parametrize("how", FITS)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_box_is_where_the_pixels_come_from(shape, how):
    made = Preprocessing(resize_mode="longest", fill_color=255)
    pixels, box = made.square(waves(*shape), 32, how), made.box(shape, 32, how)
    columns, rows = pixels[0].mean(0), pixels[1].mean(1)
    for sides, levels in (((box.left, box.right), columns), ((box.top, box.bottom), rows)):
        places = sides[0] + (torch.arange(32) + 0.5) / 32 * (sides[1] - sides[0])
        inside = (places > 0.08) & (places < 0.92)
        if how.fit in ("", "pad"):  # rows and columns of the filling are mixed into the other means
            seen = pixels[0 if levels is columns else 1][:, 16] if levels is rows else pixels[0][16]
            levels = seen
        assert torch.allclose(levels[inside], places[inside].float(), atol=0.03)


def test_a_wide_picture_is_seen_where_the_frame_lies_and_whole_where_it_is_asked_for():
    picture = Image.new("RGB", (2000, 500), "sienna")
    picture.paste("royalblue", (0, 0, 500, 500))
    bird, ground = ([level / 255 for level in Image.new("RGB", (1, 1), name).getpixel((0, 0))] for name in
                    ("royalblue", "sienna"))  # fmt: skip
    made = Preprocessing()
    middle, left = (made.square(picture, 32, PictureSettings(frame=frame)) for frame in (0.5, 0.0))
    assert torch.allclose(middle, torch.tensor(ground)[:, None, None].expand(3, 32, 32), atol=1e-6)
    assert torch.allclose(left, torch.tensor(bird)[:, None, None].expand(3, 32, 32), atol=0.12)
    assert made.box(picture.size, 32).sides == (0.375, 0, 0.625, 1) and made.box(picture.size, 32).share == 0.25
    for fit in ("squash", "pad"):
        seen = made.square(picture, 32, PictureSettings(fit))[:, 16]
        assert torch.allclose(seen[:, 2], torch.tensor(bird), atol=0.01)
        assert torch.allclose(seen[:, -2], torch.tensor(ground), atol=0.01)
        assert made.box(picture.size, 32, PictureSettings(fit)).share == 1


def test_the_fit_that_the_model_was_trained_with_is_the_default():
    picture = waves(90, 40)
    for fit, mode in (("crop", "shortest"), ("squash", "squash"), ("pad", "longest")):
        asked = Preprocessing().square(picture, 32, PictureSettings(fit))
        assert torch.equal(asked, Preprocessing(resize_mode=mode).square(picture, 32))
