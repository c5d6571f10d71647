"""An owner's passes per minute: charged before anything starts, running off evenly, refused in one sentence."""

import math
import threading
from dataclasses import replace

import pytest

from engine.classes import Classes
from engine.errors import EngineError
from engine.settings import AttackSettings, Settings, TuneSettings, ViewSettings
from engine.story.budget import Budget
from engine.story.costs import charge, cost_of
from engine.story.graph import Story
from engine.story.recipe import Picture, Recipe
from engine.story.requests import Attack, Curves, Defended, Views, Weighted


class Clock:
    """Seconds that pass when they are asked to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_what_was_charged_runs_off_evenly_and_each_owner_has_its_own():
    clock = Clock()
    budget = Budget(120, clock)
    budget.charge("a", 100)
    assert (budget.left("a"), budget.left("b")) == (pytest.approx(20), 120)
    clock.now += 30
    assert budget.left("a") == pytest.approx(80)
    budget.charge("a", 80)
    budget.charge("b", 120)
    assert (budget.left("a"), budget.left("b")) == (pytest.approx(0), pytest.approx(0))
    clock.now += 600
    assert budget.left("a") == budget.left("b") == 120
    budget.charge("c", 1)
    assert set(budget._empty) == {"c"}  # nothing is remembered of those whose passes have run off


def test_a_refusal_says_what_is_asked_what_is_left_and_when_it_fits():
    clock = Clock()
    budget = Budget(1200, clock)
    budget.charge("a", 1000)
    sentence = "This takes 501 passes through the model, and of 1200 a minute 200 are left: try again in 16 s."
    with pytest.raises(EngineError) as refused:
        budget.charge("a", 500.5)
    assert str(refused.value) == sentence and budget.left("a") == pytest.approx(200)
    clock.now += 16
    budget.charge("a", 500.5)


def test_what_never_fits_is_refused_with_what_would():
    budget = Budget(1200, Clock())
    with pytest.raises(EngineError, match="takes 1201 passes .* at most 1200 a minute are allowed here: ask for less."):
        budget.charge("a", 1201)
    with pytest.raises(EngineError, match="allowed here: 1200 do."):
        budget.charge("a", 1201, lambda most: f"{most:g} do")
    assert budget.left("a") == 1200


def test_without_a_bound_everything_fits_and_what_costs_nothing_always_does():
    budget = Budget()
    budget.charge("a", 1e9)
    assert budget.left("a") == math.inf
    full = Budget(10, Clock())
    full.charge("a", 10)
    full.charge("a", 0)


@pytest.mark.parametrize("bound", [0, -1, math.inf, math.nan])
def test_a_bound_that_is_none_is_refused(bound):
    with pytest.raises(EngineError, match="passes per minute to be a number above 0"):
        Budget(bound)


@pytest.mark.parametrize("cost", [-1, math.nan])
def test_a_cost_below_nothing_is_refused(cost):
    with pytest.raises(EngineError, match="cost of at least 0 passes"):
        Budget(10).charge("a", cost)


def test_threads_together_are_charged_no_more_than_there_is():
    budget, refused = Budget(100, Clock()), []

    def spend() -> None:
        for _ in range(10):
            try:
                budget.charge("a", 3)
            except EngineError:
                refused.append(1)

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 80 - 33 and budget.left("a") == pytest.approx(1)


SETTINGS = Settings(AttackSettings(steps=40), views=ViewSettings(count=64), tuning=TuneSettings(steps=9))


@pytest.fixture
def story(tiny, pixels) -> Story:
    return Story(tiny, Recipe(Picture(pixels), Classes(("owl", "cat", "oak")), settings=SETTINGS), owner="a")


def test_a_story_is_charged_what_is_missing(story):
    budget = Budget(1000, Clock())
    charge(budget, story, Attack(), Views(), Defended("mta"))
    assert budget.left("a") == pytest.approx(1000 - cost_of(story, Attack(), Views(), Defended("mta")))


def fits(story: Story, section: str, field: str, number: int, most: float, *requests) -> bool:
    own = replace(getattr(SETTINGS, section), **{field: number})
    other = Story(story.backbone, replace(story.recipe, settings=replace(SETTINGS, **{section: own})))
    return cost_of(other, *requests) <= most


@pytest.mark.parametrize(
    ("most", "requests", "reduced"),
    [
        (100, (Attack(),), ("attack", "steps", "attack steps")),
        (130, (Views("mta"),), ("attack", "steps", "attack steps")),
        (123 + 40, (Views("mta"), Views("a-tpt")), ("views", "count", "views")),
    ],
    ids=str,
)
def test_a_story_that_never_fits_is_told_the_most_with_which_it_would(story, most, requests, reduced):
    section, field, words = reduced
    with pytest.raises(EngineError, match=rf"it would fit with at most \d+ {words}\.") as refused:
        charge(Budget(most, Clock()), story, *requests)
    number = int(str(refused.value).split("at most ")[-1].split()[0])
    assert fits(story, section, field, number, most, *requests)
    assert not fits(story, section, field, number + 1, most, *requests)


def test_where_neither_steps_nor_views_help_fewer_results_do(story):
    with pytest.raises(EngineError, match="ask for fewer results at once"):
        charge(Budget(20, Clock()), story, Curves())


def test_tuning_steps_are_what_helps_where_the_rest_is_held(story):
    story.result(Views())
    most = 4 * story.backbone.reading_cost(story.recipe.classes)
    with pytest.raises(EngineError, match="it would fit with at most 0 tuning steps"):
        charge(Budget(most, Clock()), story, Weighted())
