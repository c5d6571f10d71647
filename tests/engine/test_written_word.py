"""Words on a picture: where they lie, what they are, what they leave alone, and the null arm beside them."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from engine.attacks.lettering import COLOURS, lettering
from engine.attacks.written_word import HARMLESS, WRITTEN_WORD, harmless, places
from engine.classes import Classes
from engine.errors import EngineError
from engine.evaluation.plan import Plan, arm_name, settings_kept
from engine.models.predict import predict
from engine.results import Adversarial, AttackStep
from engine.serialise import attack_data
from engine.settings import AttackSettings, Settings
from engine.story import Attack, Map, Picture, Recipe, Story
from engine.story.attack import attack
from engine.story.recipe import NOISE
from engine.story.sweep import stories
from tests.fixtures import noise

CLASSES = Classes(("red fox", "owl", "sea star", "oak tree"))
WORD = AttackSettings("written-word", written="owl")


@pytest.fixture
def pixels() -> Tensor:
    """A picture of the small model's size."""
    return noise(32)


def made(*given) -> tuple[list[AttackStep], Adversarial]:
    *steps, result = attack(*given)
    return steps, result


def test_ink_lies_between_picture_and_colour_and_all_else_keeps_its_bits():
    settings = replace(WORD, text_size=0.3, text_colour="red", text_outline=0.0, text_opacity=0.5)
    letters = lettering("owl", 64, settings)
    grey = torch.full((3, 64, 64), 0.4)
    written = letters.on(grey, settings, 0.5, 0.5)
    height, width = letters.letters.shape
    top, left = round(32 - height / 2), round(32 - width / 2)
    inside = written[:, top : top + height, left : left + width]
    red = torch.tensor(COLOURS["red"])[:, None, None]
    expected = 0.4 + 0.5 * letters.letters * (red - 0.4)
    assert torch.allclose(inside, expected, atol=1e-6)
    outside = torch.ones(64, 64, dtype=torch.bool)
    outside[top : top + height, left : left + width] = letters.letters == 0
    assert torch.equal(written[:, outside], grey[:, outside]) and not torch.equal(written, grey)
    assert letters.letters.max() == 1


def test_an_outline_lies_around_the_letters_in_what_they_stand_out_from():
    settings = replace(WORD, text_size=0.4, text_outline=0.2)
    letters = lettering("owl", 64, settings)
    assert (letters.outline >= letters.letters).all() and letters.outline.sum() > 1.5 * letters.letters.sum()
    written = letters.on(torch.full((3, 64, 64), 0.5), settings, 0.5, 0.5)
    assert written.max() == 1 and written.min() == 0  # white letters, black around them


@pytest.mark.parametrize("place", [(0.0, 0.0), (1.0, 1.0), (0.5, 0.2)])
def test_words_lie_inside_wherever_they_are_put_and_however_they_are_turned(place):
    for settings in (WORD, replace(WORD, text_rotation=45, text_size=0.6)):
        letters = lettering("a sea star with a long name", 48, settings)
        assert max(letters.letters.shape) <= 48
        blank = torch.zeros(3, 48, 48)
        ink = letters.on(blank, settings, *place)
        assert float(ink.sum()) == pytest.approx(float(letters.on(blank, settings, 0.5, 0.5).sum()), rel=1e-6)


def test_larger_letters_cover_more_and_turned_ones_as_much():
    covered = [float(lettering("owl", 64, replace(WORD, text_size=size)).outline.sum()) for size in (0.1, 0.2, 0.3)]
    assert covered == sorted(covered)
    flat, turned = (lettering("owl", 64, replace(WORD, text_rotation=by)).outline for by in (0, 90))
    assert float(turned.sum()) == pytest.approx(float(flat.sum()), rel=0.05)
    assert turned.shape[0] > turned.shape[1] and flat.shape[0] < flat.shape[1]


def test_letters_that_the_font_lacks_are_refused(small, pixels):
    with pytest.raises(EngineError, match="letters that the font has .* lacks “狐”"):
        list(attack(small, pixels, CLASSES, replace(WORD, written="狐")))
    with pytest.raises(EngineError, match="words to write to be at most 60 printable characters"):
        replace(WORD, written="a" * 61)


def test_without_words_it_writes_the_target_or_the_class_that_comes_second(small, pixels):
    order = predict(small, pixels, CLASSES).logits.argsort(descending=True).tolist()
    steps, result = made(small, pixels, CLASSES, replace(WORD, written=""))
    _, same = made(small, pixels, CLASSES, replace(WORD, written=CLASSES.names[order[1]]))
    assert torch.equal(result.pixels, same.pixels) and len(steps) == 2
    assert torch.equal(steps[0].prediction.logits, result.before.logits)
    _, away = made(small, pixels, CLASSES, replace(WORD, written=""), order[2])
    _, first = made(small, pixels, CLASSES, replace(WORD, written=CLASSES.names[order[0]]))
    assert torch.equal(away.pixels, first.pixels)
    steps, aimed = made(small, pixels, CLASSES, replace(WORD, written="", target=order[3]))
    _, same = made(small, pixels, CLASSES, replace(WORD, written=CLASSES.names[order[3]]))
    assert torch.equal(aimed.pixels, same.pixels) and len(steps) == 1


def test_the_worst_place_is_that_of_the_highest_loss_of_all_places(small, pixels):
    steps, result = made(small, pixels, CLASSES, replace(WORD, places=3))
    assert len(steps) == steps[0].total == 9
    alone = [
        made(small, pixels, CLASSES, replace(WORD, place_x=x, place_y=y))[1] for x, y in places(replace(WORD, places=3))
    ]
    losses = [-float(one.after.logits.log_softmax(-1)[one.label]) for one in alone]
    assert [step.loss for step in steps] == pytest.approx(losses, abs=1e-5)
    worst = max(range(9), key=losses.__getitem__)
    assert torch.equal(result.pixels, alone[worst].pixels)
    assert torch.equal(result.null.pixels, alone[worst].null.pixels)  # where the word is


def test_the_null_arm_writes_words_as_long_that_name_nothing(small, pixels):
    assert [len(word) for word in HARMLESS] == list(range(1, 13))
    assert harmless("red fox", CLASSES) == "and and" and len(harmless("x" * 30, CLASSES)) == 30
    assert harmless("owl", Classes(("and", "owl"))) == "dna"
    _, result = made(small, pixels, CLASSES, WORD)
    steps, control = made(small, pixels, CLASSES, replace(WORD, control=True))
    assert torch.equal(result.null.pixels, control.saved) and control.null is None and len(steps) == 1
    assert torch.equal(result.null.after.logits, control.after_saved.logits) and "“and”" in result.null.what
    data = attack_data(result)
    assert data["null"]["after"]["name"] == control.after_saved.name and data["epsilon"] is None and data["norm"] == ""


def test_no_limit_holds_it_back_and_none_is_told(small, pixels):
    _, result = made(small, pixels, CLASSES, replace(WORD, epsilon=0.0))
    assert not result.limited and result.linf() > 0.3 and not result.cut and not result.below_a_level
    for changed in ({"norm": "l2", "epsilon": 2.0}, {"epsilon": 1 / 255, "step_size": 0.5}):
        assert torch.equal(made(small, pixels, CLASSES, replace(WORD, **changed))[1].saved, result.saved)
    assert not WRITTEN_WORD.limited and "no limit" in WRITTEN_WORD.threat
    with pytest.raises(EngineError, match="A sweep of the limit needs an attack with a limit; Written word has none"):
        next(stories(Settings(attack=WORD), 1))


def test_maps_are_held_against_its_own_null_arm(small, pixels):
    story = Story(small, Recipe(Picture(pixels), CLASSES, settings=Settings(attack=WORD)))
    null = story.result(Attack()).null
    drawn = story.result(Map(NOISE, "raw"))
    plain = Story(small, Recipe(Picture(null.pixels), CLASSES, settings=Settings())).result(Map(map="raw"))
    assert torch.allclose(drawn.raw, plain.raw, atol=1e-6)


def test_what_was_kept_before_it_keeps_its_names():
    assert "written" not in repr(AttackSettings()) and "written='owl'" in repr(WORD)
    assert eval(repr(WORD)) == WORD
    assert {"written", "places", "control"}.isdisjoint(
        Plan(Settings(), (AttackSettings(),)).document()["attacks"]["pgd-4"]
    )


def test_an_evaluation_names_it_without_a_limit_and_finds_its_settings_again():
    control = replace(WORD, control=True, epsilon=8 / 255)
    document = Plan(Settings(), (WORD, control)).document()
    assert [*document["attacks"]] == ["written-word", "written-word-control"] == [arm_name(WORD), arm_name(control)]
    assert {"epsilon", "norm", "step_size"}.isdisjoint(document["attacks"]["written-word-control"])
    kept = settings_kept(document, "written-word-control", 0).attack
    assert (kept.attack, kept.written, kept.control) == ("written-word", "owl", True)
