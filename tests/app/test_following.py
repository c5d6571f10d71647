"""Results follow the controls, whichever comes first: the browser's event about one or the run it was moved for."""

from dataclasses import replace

import pytest

import engine
from app.following import Change, Following
from app.session import Store
from app.tabs import Tabs
from tests.page_cases import CHOICES

STRONGER = CHOICES._replace(eps=8)
FLATTER = CHOICES._replace(temperature=0.1)


def weighed(session, choices):
    if session.ensemble is None:
        return session
    return replace(
        session, ensemble=engine.fuse(session.views, session.steps[-1], choices.settings().ensemble), defences=()
    )


ATTACK = Change(("attack", "eps"), lambda session, choices: session.without("adversarial"), 2, 6, "cleared")
TUNING = Change(("learning_rate",), lambda session, choices: session.without("steps"), 5, 6, "cleared")
WEIGHTS = Change(("temperature", "answer_views", "weighting"), weighed, 4, 6)


@pytest.fixture
def following(told):
    """After the story has run with `CHOICES`."""
    store = Store()
    made = Following(store, Tabs(store))
    for change in (ATTACK, TUNING, WEIGHTS):
        made.add(change)
    made.follow("me", CHOICES, begins=True)
    store.put("me", told)
    return made


def test_a_control_that_moved_takes_along_what_it_made_and_nothing_else(following, told):
    found = following.follow("me", CHOICES._replace(learning_rate=0.01))
    assert found.done == (TUNING,) and found.session.steps == () and found.session.views is told.views
    assert following.store.get("me") is found.session
    assert following.follow("me", CHOICES._replace(learning_rate=0.01)).done == ()


def test_an_event_without_a_move_changes_nothing(following, told):
    found = following.follow("me", CHOICES)
    assert found.done == () and following.store.get("me") is told


def test_a_run_that_overtakes_the_event_builds_on_nothing_old_and_the_event_then_spares_it(following, told):
    begun = following.follow("me", STRONGER, begins=True)
    assert begun.done == (ATTACK,) and begun.session.adversarial is None
    following.store.put("me", told)  # the run's own results
    assert following.follow("me", STRONGER).done == () and following.store.get("me") is told


def test_weights_follow_even_if_moved_back(following, told):
    flatter = following.follow("me", FLATTER).session
    assert flatter.ensemble.weights.std() < told.ensemble.weights.std()
    back = following.follow("me", CHOICES).session
    assert back.ensemble.weights.equal(told.ensemble.weights)


def test_several_moves_are_made_good_at_once(following):
    both = CHOICES._replace(learning_rate=0.01, temperature=0.1)
    assert following.follow("me", both).session.steps == ()
    assert following.follow("me", both).done == ()


def test_what_moves_while_a_run_has_not_come_so_far_is_found_when_it_has(following, told):
    following.store.put("me", told.without("adversarial"))
    following.follow("me", CHOICES, begins=True)
    assert following.follow("me", CHOICES._replace(learning_rate=0.01)).done == ()  # no steps yet: the run goes on
    following.store.put("me", told)
    found = following.follow("me", CHOICES._replace(learning_rate=0.01))
    assert found.done == (TUNING,) and found.session.steps == ()


def test_weights_that_cannot_be_made_leave_none(following, told):
    following.store.put("me", replace(told, views=replace(told.views, maps=())))
    found = following.follow("me", CHOICES._replace(weighting="tv"))
    assert "attention map" in str(found.refused) and found.session.ensemble is None


def test_a_newcomer_has_nothing_to_lose(following):
    found = following.follow("you", STRONGER)
    assert found.done == () and found.session.picture is None and len(following.store) == 1
