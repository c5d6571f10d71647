"""The five severities are those that the attack makes under the same seed, and the answers those to them."""

from dataclasses import replace

import pytest
import torch

from engine.classes import Classes
from engine.models.predict import predict
from engine.passes import Passes
from engine.settings import AttackSettings, Settings
from engine.story import Attack, Damaged, Picture, Recipe, Story, severities_data
from tests.fixtures import noise

CLASSES = Classes(("red fox", "owl", "sea star"))
SETTINGS = Settings(attack=AttackSettings("corruption", corruption="speckle-noise", seed=3))


def test_each_is_what_the_attack_makes_of_that_severity_and_the_first_is_the_picture(small):
    story = Story(small, Recipe(Picture(noise(32)), CLASSES, 1, SETTINGS))
    found = story.result(Damaged())
    assert found.kind == "speckle-noise" and found.pixels.shape == (6, 3, 32, 32) and len(found.answers) == 6
    assert torch.equal(found.pixels[0], (noise(32) * 255).round() / 255)
    for severity in (1, 4):
        other = replace(SETTINGS, attack=replace(SETTINGS.attack, severity=severity))
        hit = Story(small, Recipe(Picture(noise(32)), CLASSES, 1, other)).result(Attack())
        assert torch.equal(found.pixels[severity], hit.saved)
        assert found.answers[severity].confidence == pytest.approx(hit.after_saved.confidence, abs=1e-5)
    assert found.answers[0].confidence == pytest.approx(predict(small, noise(32), CLASSES).confidence, abs=1e-5)
    assert Damaged().passes(small, story.recipe) == Passes(6)
    data = severities_data(found)
    assert [*data["severities"]] == list("012345") and data["corruption"] == "speckle-noise"
