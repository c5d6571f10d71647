"""An evaluation behind what happens to pictures: only where it is asked for, and with the numbers of the story."""

from dataclasses import replace

import pytest

from engine.cli.survival_tables import markdown_survival, plain_survival
from engine.evaluation import Answered, summarise_survival
from engine.evaluation.records import answer_question
from engine.settings import AttackSettings
from engine.story import Picture, Recipe, Story, Survives
from engine.transformations import TRANSFORMATIONS
from tests.evaluation_cases import CLASSES, PLAN, picture


@pytest.fixture(scope="module")
def question():
    from engine.datasets.base import Question

    return Question("x", picture(1), CLASSES, 1, "")


PLAIN = replace(PLAN, settings=replace(PLAN.settings, defences=("clip",)), attacks=PLAN.attacks[1:])


def test_the_record_holds_what_the_story_says_and_is_else_the_same(small, question):
    damage = AttackSettings("corruption", severity=1)  # nobody aims it, so it has nothing to survive
    asked = replace(PLAIN, attacks=(*PLAIN.attacks, damage))
    plain = answer_question(small, question, 0, asked).record
    record = answer_question(small, question, 0, replace(asked, survival=True)).record
    survival = record.pop("survival")
    assert record == plain and [*survival] == ["fgsm-8"]
    assert [*survival["fgsm-8"]] == ["none", *TRANSFORMATIONS]
    own = PLAIN.settings_for(0, "fgsm-8")
    clean = Picture(small.prepare(question.image))
    hit = Story(
        small, Recipe(clean, CLASSES, 1, replace(own, attack=replace(PLAIN.attacks[0], seed=PLAIN.seed_for(0))))
    )
    for row in hit.result(Survives()).rows:
        assert survival["fgsm-8"][row.name or "none"] == [row.clean.label == 1, row.attacked.label == 1]
    assert survival["fgsm-8"]["none"][0] == record["arms"]["clean"]["clip"]["right"]


def test_without_it_plans_are_what_they_were():
    assert "survival" not in PLAIN.document() and replace(PLAIN, survival=True).document()["survival"] is True


def test_the_summary_counts_by_change_and_pairs_the_same_pictures():
    answers = [[True, False], [True, False], [True, True], [False, False]]
    kept = [Answered({"survival": {"pgd-4": {"none": one, "grey": one[::-1]}}}, {}) for one in answers]
    found = summarise_survival(kept)["survival"]["pgd-4"]
    assert found["none"]["accuracy"] == {"clean": 0.75, "attacked": 0.25}
    assert found["none"]["pair"]["difference"] == -0.5 and found["grey"]["accuracy"]["clean"] == 0.25
    assert (found["none"]["pair"]["only_first"], found["none"]["pair"]["only_second"]) == (0, 2)
    assert summarise_survival([]) == {} == summarise_survival([Answered({}, {})])
    for lines in (plain_survival({"survival": {"pgd-4": found}}), markdown_survival({"survival": {"pgd-4": found}})):
        text = "\n".join(lines)
        assert "0.750 [" in text and "-0.500 [" in text and "grey" in text
    assert plain_survival({}) == [] == markdown_survival({})
