"""What becomes of an attack behind what happens to pictures."""

import io
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import engine
from engine.attacks.looks import CHANGES
from engine.attacks.transformation_probe import TransformationProbe, _changed
from engine.settings import AttackSettings, Settings
from engine.story import Attack, Picture, Recipe, Story, Survives, survival_data
from engine.story.survival import Survival, Survived
from engine.transformations import TRANSFORMATIONS

CLASSES = engine.Classes(("owl", "cat", "oak"))
SETTINGS = Settings(attack=AttackSettings(steps=2, epsilon=16 / 255))


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(3).integers(0, 256, (32, 32, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def smooth():
    ramp = np.linspace(20, 230, 48)
    return np.stack([np.add.outer(ramp, ramp) / 2, np.tile(ramp, (48, 1)), np.tile(ramp[:, None], 48)], -1).astype(
        np.uint8
    )


@pytest.fixture(scope="module")
def story(small, picture):
    pixels = torch.from_numpy(picture).permute(2, 0, 1).float() / 255
    return Story(small, Recipe(Picture(pixels), CLASSES, 1, SETTINGS))


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_a_picture_stays_a_picture_of_its_size_and_repeats_itself(picture, name):
    work = TRANSFORMATIONS[name].work
    before = picture.copy()
    once, twice = work(picture), work(picture)
    assert once.shape == picture.shape and once.dtype == np.uint8 and np.array_equal(once, twice)
    assert np.array_equal(picture, before) and not np.array_equal(once, picture)


def test_files_are_those_of_the_codecs(picture):
    for name, kind, quality in (("jpeg-50", "JPEG", 50), ("webp-30", "WEBP", 30)):
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, kind, quality=quality)
        assert np.array_equal(TRANSFORMATIONS[name].work(picture), np.asarray(Image.open(buffer).convert("RGB")))


def test_a_crop_keeps_the_middle_and_a_smooth_picture_outlives_resizing(smooth):
    cropped = TRANSFORMATIONS["crop-0.7"].work(smooth)
    assert cropped[0, 0].astype(int) == pytest.approx(smooth[7, 7].astype(int), abs=6)
    for name in ("resize-0.75", "resize-0.5", "screenshot", "blur-0.5"):
        inner = np.s_[4:-4, 4:-4]
        assert np.abs(TRANSFORMATIONS[name].work(smooth)[inner].astype(int) - smooth[inner]).max() <= 4


def test_grey_is_luma_and_print_is_paler(picture):
    grey = TRANSFORMATIONS["grey"].work(picture)
    luma = picture @ np.array([0.299, 0.587, 0.114])
    assert np.abs(grey[..., 0] - luma).max() <= 1 and (grey == grey[..., :1]).all()
    assert TRANSFORMATIONS["print"].work(np.zeros((64, 64, 3), np.uint8)).mean() == pytest.approx(127.5 * 0.15, abs=1)


def test_stronger_changes_more(smooth, picture):
    def moved(name):
        return np.abs(TRANSFORMATIONS[name].work(picture).astype(int) - picture).mean()

    for family in ("jpeg", "blur", "webp", "resize"):
        own = [moved(name) for name in TRANSFORMATIONS if name.startswith(family)]
        assert own == sorted(own)


def test_every_answer_is_the_model_s_to_the_changed_picture(story, small, picture):
    found, hit = story.result(Survives()), story.result(Attack())
    assert [row.name for row in found.rows] == ["", *TRANSFORMATIONS] and found.label == hit.label
    attacked = (hit.saved * 255).round().byte().permute(1, 2, 0).numpy()
    for row in (found.rows[0], found.rows[3], found.rows[-1]):
        for pixels, answer in ((attacked, row.attacked), (picture, row.clean)):
            changed = TRANSFORMATIONS[row.name].work(pixels) if row.name else pixels
            expected = engine.predict(small, torch.from_numpy(changed.copy()).permute(2, 0, 1).float() / 255, CLASSES)
            assert torch.allclose(answer.logits, expected.logits, atol=1e-4)


@pytest.mark.parametrize("name", ["jpeg-50", "blur-1", "print", "crop-0.8"])
def test_the_attack_sees_the_changed_picture_and_goes_straight_through(picture, name):
    change = TRANSFORMATIONS[name]
    pixels = (torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255).requires_grad_()
    seen = _changed(change, pixels, picture)
    assert torch.equal((seen[0] * 255).round().byte().permute(1, 2, 0), torch.from_numpy(change.work(picture).copy()))
    (slope,) = torch.autograd.grad(seen.sum(), pixels)
    if change.window == 1:
        assert torch.equal(slope, torch.ones_like(slope))
    else:
        assert slope[..., 4:-4, 4:-4].min() > 0 and slope[..., :2].abs().max() == 0
        assert slope.sum().item() == pytest.approx(slope.numel(), rel=1e-4)


def test_an_attack_made_to_survive_draws_other_changes_at_every_look(small, picture):
    pixels = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
    settings = AttackSettings("pgd-transformations")
    probe, twin = (
        TransformationProbe(small, [CLASSES], settings, [5], lambda logits: None, threading.Event()) for _ in range(2)
    )
    first, second = probe.glance(pixels, 0).shown, probe.glance(pixels, 0).shown
    assert len(first) == 1 + CHANGES and torch.equal(first[0], pixels[0]) and not torch.equal(first, second)
    assert torch.equal(first, twin.glance(pixels, 0).shown)


def answer(label):
    return engine.Prediction(CLASSES, torch.eye(3)[label])


def test_how_each_change_ends():
    right, wrong = answer(1), answer(0)
    ends = [
        ("", right, wrong),
        ("a", right, wrong),
        ("b", right, right),
        ("c", wrong, wrong),
        ("d", wrong, right),
        ("e", None, wrong),
    ]
    found = Survival(1, tuple(Survived(*one) for one in ends))
    assert [found.outcome(row) for row in found.rows[1:]] == ["held", "gone", "spoilt", "gone", "held"]
    assert found.counts() == {"held": 2, "gone": 2, "spoilt": 1, "missed": 0, "turned": 0} and found.fooled
    calm = Survival(1, (Survived("", right, right), Survived("a", right, right), Survived("b", right, wrong)))
    assert [calm.outcome(row) for row in calm.rows[1:]] == ["missed", "turned"] and not calm.fooled
    assert survival_data(found)["transformations"]["e"]["clean"] is None


def test_an_unknown_clean_picture_is_not_asked_about(story, small):
    picture = story.recipe.picture
    found = Story(small, Recipe(picture, CLASSES, 1, SETTINGS, picture)).result(Survives())
    assert all(row.clean is None for row in found.rows)


def test_it_does_not_depend_on_views_and_tuning(story, small):
    other = replace(SETTINGS, views=replace(SETTINGS.views, count=9), tuning=replace(SETTINGS.tuning, steps=4))
    assert Story(small, replace(story.recipe, settings=other)).key(Survives()) == story.key(Survives())
