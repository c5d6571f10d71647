"""A patch paints one place as it likes and leaves all else as it is, bit for bit."""

import threading
from dataclasses import replace

import pytest
import torch

from engine.attacks import ATTACKS
from engine.attacks.base import whole
from engine.attacks.patch import patch, shape
from engine.classes import Classes
from engine.maps.attend import attend
from engine.models import Backbone
from engine.results import Adversarial
from engine.settings import AttackSettings, AttentionSettings
from engine.story.attack import attack, attack_batch
from tests.fixtures import noise

CLASSES = Classes(("red fox", "owl", "sea star", "oak tree"))
PATCH = AttackSettings("patch", steps=3, patch_size=0.25, place_x=0.5, place_y=0.5)


@pytest.fixture
def pixels() -> torch.Tensor:
    """A picture of the small model's size."""
    return noise(32)


def made(*given) -> Adversarial:
    *_, result = attack(*given)
    return result


@pytest.mark.parametrize("settings", [PATCH, replace(PATCH, patch_shape="circle", place_x=0.0, place_y=1.0)])
def test_outside_the_patch_every_bit_is_kept_and_inside_all_is_free(small, pixels, settings):
    result = made(small, pixels, CLASSES, settings)
    changed = (result.pixels != pixels).any(0)
    rows, columns = (changed.any(way).nonzero().flatten() for way in (1, 0))
    count = round(0.25 * 32)
    assert len(rows) <= count and len(columns) <= count and changed.sum() <= shape(settings, 32).sum()
    assert changed.sum() > 0.9 * shape(settings, 32).sum()
    middle = 16 - count // 2
    top, left = (middle, middle) if settings.place_x == 0.5 else (32 - count, 0)
    assert int(rows[0]) >= top and int(rows[-1]) < top + count
    assert int(columns[0]) >= left and int(columns[-1]) < left + count
    assert result.linf() > 0.3 and result.pixels.min() >= 0 and result.pixels.max() <= 1
    assert torch.equal(result.saved[:, ~changed], (pixels * 255).round()[:, ~changed] / 255)


def test_a_circle_lies_inside_its_square():
    for side in (16, 17, 32):
        round_one, square = (
            shape(replace(PATCH, patch_size=0.5, patch_shape=one), side) for one in ("circle", "square")
        )
        assert round_one.shape == square.shape and square.all()
        assert float(round_one.float().mean()) == pytest.approx(3.1416 / 4, abs=0.05)
        assert not round_one[0, 0] and round_one[len(round_one) // 2].all()


class Linear(torch.nn.Module):
    """Two logits, the sum of a picture weighted and its negative."""

    def __init__(self, weights: torch.Tensor) -> None:
        super().__init__()
        self.weights, self.nulls, self.luck = weights, [], threading.Lock()

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        score = (pixels * self.weights).sum((1, 2, 3))
        return torch.stack([score, -score], 1) / 100


def test_against_a_linear_model_the_best_patch_is_the_sign_of_its_weights_in_one_step():
    weights = torch.randn(3, 16, 16, generator=torch.Generator().manual_seed(1))
    settings, clean = replace(PATCH, steps=1, patch_size=0.5), torch.full((1, 3, 16, 16), 0.5)
    found = whole(patch(Linear(weights), settings))(clean, torch.tensor([0]))[0]
    assert torch.equal(found[:, 4:12, 4:12], (weights[:, 4:12, 4:12] < 0).float())
    outside = torch.ones(16, 16, dtype=torch.bool)
    outside[4:12, 4:12] = False
    assert (found[:, outside] == 0.5).all()


def test_the_steepest_place_is_where_the_weights_are_largest():
    weights = torch.full((3, 16, 16), 0.01)
    weights[:, 2:6, 9:13] = 1.0
    settings = replace(PATCH, patch_at="gradient")
    found = whole(patch(Linear(weights), settings))(torch.full((1, 3, 16, 16), 0.5), torch.tensor([0]))[0]
    changed = (found != 0.5).any(0)
    assert changed[2:6, 9:13].all() and changed.sum() == 16


def test_on_the_strongest_cell_of_the_map_of_the_class_that_is_attacked(small, pixels):
    settings = replace(PATCH, patch_at="map", place_x=0.9)
    drawn = attend(small, pixels, CLASSES, AttentionSettings("relevance"), 2).raw
    row, column = divmod(int(drawn.argmax()), drawn.shape[1])
    place = {"place_y": (row + 0.5) / drawn.shape[0], "place_x": (column + 0.5) / drawn.shape[1]}
    found = made(small, pixels, CLASSES, settings, 2)
    assert torch.equal(found.pixels, made(small, pixels, CLASSES, replace(PATCH, **place), 2).pixels)
    other = attack_batch(small, torch.stack([pixels, pixels.flip(2)]), CLASSES, settings, [2, 2])
    assert torch.equal(other[0].pixels != pixels, found.pixels != pixels)
    assert not torch.equal((other[1].pixels != pixels.flip(2)).any(0), (other[0].pixels != pixels).any(0))


def test_it_turns_a_sure_answer_and_random_pixels_beside_it_are_its_null_arm(small, pixels, monkeypatch):
    logits = Backbone.logits
    monkeypatch.setattr(Backbone, "logits", lambda self, *features: 20 * logits(self, *features))
    settings = replace(PATCH, steps=20, patch_size=0.5)
    result = made(small, pixels, CLASSES, settings)
    assert result.fooled and result.null.after.logits[result.label] > result.after.logits[result.label]
    control = made(small, pixels, CLASSES, replace(settings, control=True))
    assert torch.equal(control.saved, result.null.pixels) and control.null is None and len(control.steps) == 1
    differs = (result.null.pixels != result.saved).any(0)
    assert 0 < differs.sum() <= 256


def test_it_has_no_limit_and_says_what_it_may_do():
    assert not ATTACKS["patch"].limited and ATTACKS["patch"].threat.startswith("no limit inside the patch")
