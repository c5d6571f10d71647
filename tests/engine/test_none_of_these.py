"""Cosines beside shares, and “none of these” as an answer: a reading of what was computed, which changes none of it."""

from dataclasses import replace

import pytest
import torch

from engine.classes import Classes
from engine.errors import EngineError
from engine.evaluation.plan import Plan
from engine.models.predict import predict
from engine.results import Prediction
from engine.serialise import none_data, prediction_data
from engine.settings import AnswerSettings, AttackSettings, Settings, TuneSettings, ViewSettings
from engine.story import Attack, Clean, Defended, Picture, Recipe, Story, Tune, Weighted
from tests.fixtures import noise

CLASSES = Classes(("red fox", "owl", "sea star"))
SETTINGS = Settings(attack=AttackSettings(steps=2), views=ViewSettings(count=4), tuning=TuneSettings(steps=1, keep=0.5))
ON = AnswerSettings(none_of_these=True)


def answer(*cosines: float, scale: float | None = 100.0) -> Prediction:
    return Prediction(CLASSES, torch.tensor(cosines) * (scale or 1), scale=scale)


def test_cosines_are_those_of_the_unit_features(small):
    found = predict(small, noise(32), CLASSES)
    picture, sentences = small.encode_image(noise(32)[None])[0], small.encode_text(CLASSES)
    wanted = [float((picture * sentence).sum() / picture.norm() / sentence.norm()) for sentence in sentences]
    assert found.cosines.tolist() == pytest.approx(wanted, abs=1e-6)
    assert found.best_cosine == pytest.approx(max(wanted), abs=1e-6)
    assert found.cosines.argmax() == found.label


def test_the_threshold_itself_is_reached_and_off_is_off():
    assert answer(0.1, 0.19, 0.15).abstains(ON) and not answer(0.1, 0.25, 0.15).abstains(ON)
    half = replace(ON, none_below=0.25)
    assert not answer(0.1, 0.25, 0.15, scale=1.0).abstains(half) and answer(0.1, 0.249, 0.1, scale=1.0).abstains(half)
    assert not answer(0.1, 0.19, 0.15).abstains(AnswerSettings())
    assert answer(-0.5, -0.6, -0.7).abstains(ON) and not answer(-0.5, -0.6, -0.7).abstains(replace(ON, none_below=-1.0))


def test_answers_of_one_picture_have_cosines_and_those_of_many_views_never_abstain(small):
    strict = replace(SETTINGS, answer=AnswerSettings(True, 1.0))
    story = Story(small, Recipe(Picture(noise(32)), CLASSES, 1, strict))
    hit, step = story.result(Attack()), story.result(Tune(1)).step
    alone = [story.result(Clean()), hit.before, hit.after, hit.after_saved, step.prediction]
    alone.append(story.result(Defended("clip")).prediction)
    assert all(one.scale == pytest.approx(small.scale) and one.abstains(strict.answer) for one in alone)
    many = [
        story.result(Weighted()).prediction,
        *(story.result(Defended(name)).prediction for name in ("tpt", "a-tpt")),
    ]
    assert all(one.cosines is None and not one.abstains(strict.answer) for one in many)


def test_nothing_is_computed_otherwise(small):
    """The same keys are in tests/engine/test_story_keys.py; here an evaluation's plan, and the attacked label."""
    strict = replace(SETTINGS, answer=AnswerSettings(True, 1.0))
    attacks = (SETTINGS.attack,)
    assert Plan(strict, attacks).document() == Plan(SETTINGS, attacks).document()
    plain, read = (
        Story(small, Recipe(Picture(noise(32)), CLASSES, None, one)).result(Attack()) for one in (SETTINGS, strict)
    )
    assert torch.equal(plain.saved, read.saved) and (plain.label, plain.fooled) == (read.label, read.fooled)


def test_as_plain_data():
    found = answer(0.1, 0.19, 0.15)
    assert none_data(found, AnswerSettings()) is None
    assert none_data(found, ON) == {"answered": True, "best_cosine": pytest.approx(0.19), "threshold": 0.2}
    assert not none_data(answer(0.1, 0.3, 0.2), ON)["answered"]
    assert prediction_data(found)["cosines"] == pytest.approx([0.1, 0.19, 0.15])
    many = answer(0.1, 0.19, 0.15, scale=None)
    assert prediction_data(many)["cosines"] is None
    assert none_data(many, ON) == {"answered": False, "best_cosine": None, "threshold": 0.2}


@pytest.mark.parametrize("value", [-1.5, 2])
def test_a_threshold_that_no_cosine_has_is_refused(value):
    with pytest.raises(EngineError, match="the threshold of “none of these” between -1 and 1"):
        AnswerSettings(True, value)
