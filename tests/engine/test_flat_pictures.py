"""A flat picture comes out flat from whatever works on pixels up to the border, but where black beyond it is meant."""

import numpy as np
import pytest
import torch
from PIL import Image

from engine.attacks.probes import cut_out
from engine.fieldguide.world.canvas import softened
from engine.maps.occlusion import blur
from engine.models.preprocessing import Preprocessing
from engine.numerics.baselines import edges
from engine.numerics.upsampling import upsample
from engine.views import augmix, crops
from engine.views.jitter import jitter

LEVEL = 204
FLAT = torch.full((3, 48, 48), LEVEL / 255)
ARRAY = np.full((48, 48, 3), LEVEL, np.uint8)
SHIFTING = (augmix._rotate, augmix._shear_x, augmix._shear_y, augmix._translate_x, augmix._translate_y)


@pytest.mark.parametrize(
    "found",
    [
        lambda: blur(FLAT),
        lambda: cut_out(FLAT, [(0, 0, 48, 48, 0), (5, 3, 20, 31, 1)]),
        lambda: upsample(FLAT[:1, :7, :7], 48),
        lambda: edges(FLAT, (6, 6)) + LEVEL / 255,
        lambda: torch.from_numpy(softened(ARRAY)) / 255,
        lambda: torch.from_numpy(crops.crop(ARRAY, np.random.default_rng(0), (0.1, 0.5))[0]) / 255,
        lambda: Preprocessing(resize_mode="shortest").square(Image.new("RGB", (90, 60), (LEVEL,) * 3), 48),
        lambda: Preprocessing(resize_mode="squash").square(Image.new("RGB", (90, 60), (LEVEL,) * 3), 48),
    ],
    ids=["blur", "cut_out", "upsample", "edges", "softened", "crop", "shortest", "squash"],
)
def test_a_flat_picture_stays_flat(found):
    assert torch.allclose(found(), torch.tensor(LEVEL / 255), atol=1e-6)


@pytest.mark.parametrize("operation", augmix.OPERATIONS)
def test_of_augmix_only_what_moves_the_picture_brings_black_in(operation):
    """As the published code has it; what lies within the picture stays flat."""
    made = [np.asarray(operation(Image.fromarray(ARRAY), np.random.default_rng(seed))) for seed in range(8)]
    assert all((one[8:-8, 8:-8] == one[24, 24]).all() for one in made)
    assert any((one == 0).any() for one in made) == (operation in SHIFTING)


def test_jitter_moves_the_picture_over_black():
    moved = [jitter(FLAT[None], np.random.default_rng(seed)) for seed in range(8)]
    assert any(float(one.min()) < 0.1 for one in moved)
