"""Common corruptions: hand cases, published constants, seeds, and the attack that nobody aims."""

import argparse
import io
from collections import Counter

import numpy as np
import pytest
import torch
from PIL import Image

from engine.attacks import ATTACKS
from engine.classes import Classes
from engine.cli.options import add_attacks_options, all_attacks
from engine.errors import EngineError
from engine.evaluation.plan import arm_name
from engine.models.predict import predict
from engine.numerics.corruptions import KINDS, corrupt
from engine.numerics.corruptions.blur import trail
from engine.numerics.corruptions.weather import plasma
from engine.settings import AttackSettings
from engine.story.attack import attack
from tests.fixtures import noise

GREY = np.full((64, 64, 3), 128 / 255)
PHOTO = noise(64).permute(1, 2, 0).numpy().astype(np.float64)
RISING = {*KINDS} - {"glass-blur", "saturate", "elastic", "spatter", "fog"}  # others need not change more with severity


def levels(pixels: np.ndarray) -> np.ndarray:
    return (pixels * 255).round().astype(int)


def test_there_are_the_published_kinds_but_frost_with_five_severities_each():
    assert tuple(KINDS) == AttackSettings.CORRUPTIONS
    groups = Counter(kind.group for kind in KINDS.values())
    assert groups == {"noise": 3, "blur": 4, "weather": 3, "digital": 4, "extra": 4}
    assert all(len(kind.severities) == 5 for kind in KINDS.values())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_a_picture_repeats_itself_and_takes_other_sizes(kind):
    for severity in (1, 5):
        found = corrupt(PHOTO, kind, severity, 3)
        assert found.shape == PHOTO.shape and found.min() >= 0 and found.max() <= 1
        assert np.array_equal(found, corrupt(PHOTO, kind, severity, 3)) and not np.array_equal(found, PHOTO)
    assert corrupt(PHOTO[:32, :32], kind, 2, 0).shape == (32, 32, 3)


@pytest.mark.parametrize("kind", sorted(RISING))
def test_more_severe_is_further_away(kind):
    smooth = np.linspace(0, 1, 64)[:, None, None] * np.ones((1, 64, 3)) * 0.8 + 0.1 * PHOTO
    far = [np.abs(corrupt(smooth, kind, severity, 0) - smooth).mean() for severity in (1, 3, 5)]
    assert far == sorted(far)


@pytest.mark.parametrize(
    "kind",
    [
        "defocus-blur",
        "glass-blur",
        "motion-blur",
        "zoom-blur",
        "gaussian-blur",
        "contrast",
        "elastic",
        "pixelate",
        "jpeg",
    ],
)
def test_plain_grey_stays_as_it_is(kind):
    assert (levels(corrupt(GREY, kind, 5, 0)) == 128).all()


def test_hand_cases():
    assert (levels(corrupt(GREY, "brightness", 3, 0)) == 204).all()
    halves = np.zeros((64, 64, 3))
    halves[32:] = 1
    assert {*levels(corrupt(halves, "contrast", 5, 0)).flatten().tolist()} == {121, 134}
    shot = levels(corrupt(GREY, "shot-noise", 5, 0))
    assert {*shot.flatten().tolist()} <= {0, 85, 170, 255}
    for severity, red in ((3, 128), (4, 115), (5, 102)):
        assert levels(corrupt(GREY, "saturate", severity, 0))[0, 0].tolist() == [128, red, red]
    hit = corrupt(GREY, "impulse-noise", 5, 0) != GREY
    assert hit.mean() == pytest.approx(0.27, abs=0.015) and hit.any(-1).mean() == pytest.approx(1 - 0.73**3, abs=0.03)
    assert (255 * (corrupt(GREY, "gaussian-noise", 1, 0) - GREY)).std() == pytest.approx(20.4, abs=0.6)


def test_files_and_coarse_pixels_are_pillows_own():
    whole = Image.fromarray(levels(PHOTO).astype(np.uint8))
    buffer = io.BytesIO()
    whole.save(buffer, "JPEG", quality=10)
    assert np.array_equal(levels(corrupt(PHOTO, "jpeg", 4, 0)), np.asarray(Image.open(buffer)))
    coarse = whole.resize((16, 16), Image.Resampling.BOX)
    expected = np.asarray(coarse).repeat(4, 0).repeat(4, 1)
    assert np.array_equal(levels(corrupt(PHOTO, "pixelate", 5, 0)), expected)


def test_a_point_in_motion_is_drawn_out_to_one_side():
    kernel = trail(4, 3.0, 0.0)
    assert kernel.sum() == pytest.approx(1) and kernel[5, 5] == kernel.max() and kernel[:, :5].sum() == 0
    assert np.allclose(kernel[5, 5:10] / kernel[5, 5], np.exp(-(np.arange(5) ** 2) / 18))


def test_clouds_fill_the_range_and_fade_with_decay():
    rough, smooth = (plasma(64, decay, np.random.default_rng(0)) for decay in (1.2, 3.0))
    for clouds in (rough, smooth):
        assert clouds.min() == 0 and clouds.max() == 1
    assert np.abs(np.diff(rough)).mean() > 2 * np.abs(np.diff(smooth)).mean()


def test_what_does_not_exist_is_refused():
    with pytest.raises(EngineError, match="the corruption to be one of gaussian-noise, .*; got “frost”"):
        corrupt(GREY, "frost", 1, 0)
    with pytest.raises(EngineError, match="a severity from 1 to 5; got 6"):
        corrupt(GREY, "fog", 6, 0)
    with pytest.raises(EngineError, match="the corruption to be one of"):
        AttackSettings("corruption", corruption="frost")


def test_nobody_aims_it_and_its_picture_is_the_damaged_one(small):
    pixels, classes = noise(32), Classes(("red fox", "owl", "sea star"))
    settings = AttackSettings("corruption", corruption="brightness", severity=2, epsilon=0.0)
    *steps, result = attack(small, pixels, classes, settings, 1)
    exact = pixels.permute(1, 2, 0).numpy()
    by_severity = [
        torch.from_numpy(corrupt(exact, "brightness", severity, 0)).permute(2, 0, 1).float() for severity in (1, 2)
    ]
    assert torch.allclose(result.pixels, by_severity[1], atol=1e-6)
    for step, picture in zip(steps, by_severity, strict=True):
        assert torch.allclose(step.prediction.logits, predict(small, picture, classes).logits, atol=1e-4)
    assert not ATTACKS["corruption"].aimed and result.null is None and not result.limited


def test_an_evaluation_has_an_arm_for_every_kind_and_severity():
    options = argparse.ArgumentParser()
    add_attacks_options(options)
    line = "--attack pgd --eps 4 --attack corruption --corruption fog --corruption snow --severity 1 --severity 3"
    asked = options.parse_args(f"{line} --attack written-word --attack patch --control".split())
    names = [arm_name(one) for one in all_attacks(asked)]
    kinds = [f"corruption-{kind}-{severity}" for kind in ("fog", "snow") for severity in (1, 3)]
    words = ["written-word", "written-word-control", "patch", "patch-control"]
    assert names == ["pgd-4", *kinds, *words]
