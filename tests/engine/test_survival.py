"""What becomes of an attack behind what happens to pictures."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import engine
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
    assert found.counts() == {"held": 2, "gone": 2, "spoilt": 1, "missed": 0} and found.fooled
    calm = Survival(1, (Survived("", right, right), Survived("a", right, right), Survived("b", right, wrong)))
    assert [calm.outcome(row) for row in calm.rows[1:]] == ["missed", "held"] and not calm.fooled
    assert survival_data(found)["transformations"]["e"]["clean"] is None


def test_an_unknown_clean_picture_is_not_asked_about(story, small):
    picture = story.recipe.picture
    found = Story(small, Recipe(picture, CLASSES, 1, SETTINGS, picture)).result(Survives())
    assert all(row.clean is None for row in found.rows)


def test_it_does_not_depend_on_views_and_tuning(story, small):
    other = replace(SETTINGS, views=replace(SETTINGS.views, count=9), tuning=replace(SETTINGS.tuning, steps=4))
    assert Story(small, replace(story.recipe, settings=other)).key(Survives()) == story.key(Survives())
