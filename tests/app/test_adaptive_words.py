"""What step 2 says of the attack through A-TPT before it is pressed: what it would be, and how much more it takes."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

import engine
from app.models import Models
from app.panels.attack_controls import AttackControls
from app.state.found import Found
from tests.page_cases import CHOICES, picture


@pytest.fixture
def said(tiny):
    """What is said for a visitor with a picture, who has chosen this."""
    control = SimpleNamespace(_models=Models(tiny), cost="cost")
    control._times = lambda *asked: AttackControls._times(control, *asked)
    shown, classes = picture(tiny), CHOICES.classes()
    found = Found(picture=shown, classes=classes, clean=engine.predict(tiny, shown.picture.pixels, classes))

    def at(known=True, answered=True, **chosen) -> str:
        looked_at = found if answered else replace(found, clean=None)
        return AttackControls.draw_cost(control, looked_at if known else Found(), CHOICES._replace(**chosen))["cost"]

    return at


def test_it_is_called_pgd_and_what_it_takes_is_counted_in_passes(said, tiny):
    few = int(re.search(r"some (\d+) times the computing of PGD as set", said(attack="pgd", steps=20))[1])
    settings = CHOICES._replace(attack="pgd", steps=20).settings()
    recipe = engine.story.Recipe(picture(tiny).picture, CHOICES.classes(), None, settings)
    through = replace(settings, attack=replace(settings.attack, attack="adaptive", target_defence="a-tpt"))
    one = engine.story.Attack()
    assert few == round(one.cost(tiny, replace(recipe, settings=through)) / one.cost(tiny, recipe)) > 5
    assert "Auto" not in said(attack="pgd") and "PGD within" in said(attack="pgd")


@pytest.mark.parametrize("attack", ["written-word", "patch", "corruption"])
def test_beside_an_attack_without_a_limit_it_says_that_it_is_another_one(said, attack):
    drawn = said(attack=attack)
    assert f"takes the place of “{engine.ATTACKS[attack].title}”" in drawn and "times" not in drawn


def test_nothing_is_said_of_a_price_that_is_not_known_or_not_higher(said):
    assert "times" not in said(known=False) and "times" not in said(answered=False)
    assert "times" not in said(attack="adaptive")
    assert said(eps=-1) == ""
