"""A sweep: which stories it consists of, and what is read of each."""

import json
from dataclasses import replace

import pytest
import torch

from engine.classes import Classes
from engine.cli.main import main
from engine.results import Prediction
from engine.settings import AttackSettings, Settings
from engine.story import Defended, Recipe, Story, SweepLevel, SweepPoint, levels, limits, stories, swept
from engine.story.recipe import Picture

CLASSES = Classes(("red fish", "blue fish", "green fish"))
QUICK = Settings(attack=AttackSettings(steps=2, seed=5), defences=("clip", "view-average"))


def test_all_limits_come_with_one_seed_before_the_next():
    asked = list(stories(QUICK, 2))
    assert [round(one.attack.epsilon * 255, 6) for one in asked] == [0, 1, 2, 4, 8, 16] * 2
    assert [(one.attack.seed, one.views.seed, one.attention.seed) for one in asked] == [(5, 5, 5)] * 6 + [(6, 6, 6)] * 6
    assert limits("l2") == (0, 0.25, 0.5, 1, 2, 4)
    usual = replace(QUICK.attack, seed=0, epsilon=0.0)
    assert all(replace(one.attack, seed=0, epsilon=0.0) == usual for one in asked)


def test_a_step_size_stays_the_same_share_of_the_limit():
    own = replace(QUICK, attack=replace(QUICK.attack, epsilon=4 / 255, step_size=2 / 255))
    for one in stories(own, 1):
        wanted = one.attack.epsilon / 2 or None
        assert one.attack.step_size == pytest.approx(wanted) if wanted else one.attack.step_size is None


def test_a_lead_is_over_the_best_other_class():
    answer = Prediction(CLASSES, torch.tensor([1.0, 4.0, 3.5]))
    assert [answer.lead(label) for label in range(3)] == [-3.0, 0.5, -0.5]
    assert answer.lead(answer.label) == answer.margin


def test_a_point_is_the_story_of_its_settings(tiny):
    picture = Picture(torch.rand(3, tiny.image_size, tiny.image_size, generator=torch.Generator().manual_seed(1)))
    for settings in list(stories(QUICK, 1))[2:4]:
        story = Story(tiny, Recipe(picture, CLASSES, 1, settings))
        found = [story.result(Defended(name)) for name in settings.defences]
        point = swept(settings, found, 1)
        assert (point.epsilon, point.seed) == (settings.attack.epsilon, 5)
        for one in found:
            assert (point.leads[one.defence] > 0) == (one.prediction.label == 1)


def test_a_level_counts_the_seeds_of_one_limit():
    found = [(0.0, 3.0), (0.0, 1.0), (1 / 255, 2.0), (0.0, -4.0)]
    points = [
        SweepPoint(epsilon, 5 + place, {"clip": lead, "tpt": -lead}) for place, (epsilon, lead) in enumerate(found)
    ]
    asked = replace(QUICK, defences=("clip", "tpt"))
    assert levels(points, asked) == [
        SweepLevel(0.0, "clip", 2, 3, 1.0, -4.0, 3.0), SweepLevel(0.0, "tpt", 1, 3, -1.0, -3.0, 4.0),
        SweepLevel(1 / 255, "clip", 1, 1, 2.0, 2.0, 2.0), SweepLevel(1 / 255, "tpt", 0, 1, -2.0, -2.0, -2.0),
    ]  # fmt: skip
    assert levels([], asked) == []


def test_the_command_gives_the_points_and_says_how_many_are_right(capsys):
    sample = "assets/samples/bird-1.png"
    assert main(["sweep", sample, "--seeds", "1", "--steps", "1", "--defence", "clip", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [round(255 * point["epsilon"]) for point in document["points"]] == [0, 1, 2, 4, 8, 16]
    first = document["points"][0]["leads"]["clip"]
    assert main(["predict", sample, "--json"]) == 0
    clean = json.loads(capsys.readouterr().out)["prediction"]
    assert first == pytest.approx(clean["margin"], abs=1e-4) and first > 0
    assert [level["lead"] for level in document["levels"]] == [point["leads"]["clip"] for point in document["points"]]


def test_no_seed_is_no_sweep(capsys):
    assert main(["sweep", "assets/samples/bird-1.png", "--seeds", "0"]) == 2
    assert "at least one seed; got 0" in capsys.readouterr().err
