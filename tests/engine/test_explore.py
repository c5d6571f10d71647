"""`explore` tells the whole story in order, and each stage equals its own verb."""

from dataclasses import replace

import pytest
import torch

from engine.classes import Classes
from engine.errors import EngineError
from engine.maps.attend import attend
from engine.models.predict import predict
from engine.settings import AttackSettings, EnsembleSettings, Settings, TuneSettings, ViewSettings
from engine.story import requests, results
from engine.story.explore import explore
from engine.views.guided import make_views
from tests.fixtures import noise

CLASSES = Classes(("red fox", "owl", "sea star"))
SETTINGS = Settings(
    attack=AttackSettings(steps=3),
    views=ViewSettings(count=6),
    tuning=TuneSettings(steps=2, keep=0.5),
    ensemble=EnsembleSettings(neighbours=3),
)


@pytest.fixture
def pixels() -> torch.Tensor:
    """A picture of the small model's size."""
    return noise(32)


def test_the_stages_come_in_order(small, pixels):
    names = [stage.name for stage in explore(small, pixels, CLASSES, SETTINGS)]
    assert names == [
        "clean",
        *["attack-step"] * 3,
        "attacked",
        "map-clean",
        "map-attacked",
        "views",
        *["tune-step"] * 3,
        "ensemble",
        *["defence"] * 5,
    ]


def test_stages_equal_their_verbs_on_the_saved_picture(small, pixels):
    stages = {stage.name: stage.result for stage in explore(small, pixels, CLASSES, SETTINGS, label=1)}
    adversarial = stages["attacked"]
    assert torch.equal(stages["clean"].logits, predict(small, pixels, CLASSES).logits)
    assert adversarial.label == 1 and adversarial.from_truth
    for name, picture in (("map-clean", pixels), ("map-attacked", adversarial.saved)):
        assert stages[name].label == 1
        assert torch.equal(stages[name].raw, attend(small, picture, CLASSES, SETTINGS.attention, 1).raw)
    assert torch.equal(stages["views"].logits, make_views(small, adversarial.saved, CLASSES, SETTINGS.views).logits)
    assert stages["defence"].defence == "a-tpt"
    assert torch.allclose(stages["defence"].prediction.logits, stages["ensemble"].prediction.logits, atol=1e-5)


def test_maps_may_be_about_another_class_and_against_one(small, pixels):
    told = explore(small, pixels, CLASSES, SETTINGS, 1, about=2, against=0)
    stages = {stage.name: stage.result for stage in told}
    assert stages["attacked"].label == 1
    for name, picture in (("map-clean", pixels), ("map-attacked", stages["attacked"].saved)):
        assert (stages[name].label, stages[name].against) == (2, 0)
        assert torch.equal(stages[name].raw, attend(small, picture, CLASSES, SETTINGS.attention, 2, 0).raw)


def test_without_a_label_everything_is_about_the_clean_answer(small, pixels):
    stages = {stage.name: stage.result for stage in explore(small, pixels, CLASSES, SETTINGS)}
    assert stages["attacked"].label == stages["map-attacked"].label == stages["clean"].label


def test_with_epsilon_zero_the_story_runs_on_the_clean_picture(small, pixels):
    still = replace(SETTINGS, attack=AttackSettings(epsilon=0))
    stages = {stage.name: stage.result for stage in explore(small, pixels, CLASSES, still)}
    assert "attack-step" not in stages
    assert torch.equal(stages["attacked"].saved, pixels)
    assert torch.equal(stages["map-clean"].raw, stages["map-attacked"].raw)
    assert torch.equal(stages["views"].pixels[0], pixels)


def test_the_same_settings_tell_the_same_story(small, pixels):
    one, two = (list(explore(small, pixels, CLASSES, SETTINGS)) for _ in range(2))
    assert torch.equal(one[-1].result.prediction.logits, two[-1].result.prediction.logits)


@pytest.mark.parametrize("size", [1, 1 << 40])
def test_the_guided_views_are_made_once_however_large_they_are(small, pixels, monkeypatch, size):
    kinds = []
    monkeypatch.setattr(results, "size", lambda result: size)

    def counted(backbone, picture, classes, settings):
        kinds.append(settings.kind)
        return make_views(backbone, picture, classes, settings)

    monkeypatch.setattr(requests.defence, "make_views", counted)
    list(explore(small, pixels, CLASSES, SETTINGS))
    assert kinds == ["attention", "augmix"]


def test_gradients_stay_on_for_the_reader(small, pixels):
    for _ in explore(small, pixels, CLASSES, SETTINGS):
        assert torch.is_grad_enabled()


def test_a_bad_label_is_refused(small, pixels):
    with pytest.raises(EngineError, match="from 0 to 2; got 9"):
        list(explore(small, pixels, CLASSES, SETTINGS, label=9))
