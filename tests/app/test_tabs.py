"""What a tab gets back after a reload: its own last result, and nobody else's."""

from dataclasses import replace

import pytest

from app.figures.journey import furthest
from app.session import Session, Store
from app.tabs import Tabs
from tests.page_cases import CHOICES

MINE, YOURS = "0" * 31 + "a", "0" * 31 + "b"
FIRST = "sample 0"


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def tabs(clock):
    return Tabs(Store(keep_seconds=60, clock=lambda: clock[0]), most=3)


def show(tabs, token, key, session, choices=CHOICES):
    """The tab with `token` loads the page as session `key`, and the visitor gets as far as `session`."""
    tabs.opened(token, key, FIRST)
    tabs.store.put(key, session)
    tabs.note(key, choices)


def test_a_tab_loaded_again_has_its_last_result_with_the_controls_of_then(tabs, told):
    show(tabs, MINE, "one", told, CHOICES._replace(eps=2))
    assert tabs.last("one") is None
    tabs.opened(MINE, "two", FIRST)
    session, choices = tabs.last("two")
    assert session is told and choices.eps == 2


@pytest.mark.parametrize("token", [YOURS, "", "0", MINE.upper(), MINE + "\n", MINE[:-1] + "é"])
def test_another_token_or_none_gets_nothing(tabs, told, token):
    show(tabs, MINE, "one", told)
    tabs.opened(token, "two", FIRST)
    assert tabs.last("two") is None


def test_a_page_nobody_used_is_no_result_and_hides_none(tabs, told):
    fresh = Session().with_picture(replace(told.picture, source=FIRST))
    show(tabs, MINE, "one", fresh)
    tabs.opened(MINE, "two", FIRST)
    assert tabs.last("two") is None
    show(tabs, MINE, "two", told)
    show(tabs, MINE, "three", fresh)
    tabs.opened(MINE, "four", FIRST)
    assert tabs.last("four")[0] is told


@pytest.mark.parametrize("source", ["", "sample 3"])
def test_a_picture_the_fresh_page_does_not_show_is_worth_keeping(tabs, told, source):
    show(tabs, MINE, "one", Session().with_picture(replace(told.picture, source=source)))
    tabs.opened(MINE, "two", FIRST)
    assert tabs.last("two")[0].picture.source == source


def test_what_is_forgotten_or_too_old_is_gone(tabs, told, clock):
    for gone in (lambda: tabs.forget("two"), lambda: clock.__setitem__(0, 61)):
        show(tabs, MINE, "one", told)
        tabs.opened(MINE, "two", FIRST)
        assert tabs.last("two") is not None
        gone()
        assert tabs.last("two") is None and tabs.store.get("one").picture is None


def test_the_oldest_tabs_make_room(tabs, told):
    show(tabs, MINE, "one", told)
    for place in range(3):
        tabs.opened(f"{place:032x}", f"other {place}", FIRST)
    tabs.opened(MINE, "two", FIRST)
    assert tabs.last("two") is None


def test_the_furthest_step_is_the_last_with_a_finding(told):
    steps = [furthest(s) for s in (Session(), told.without("adversarial"), told.without("views"), told)]
    assert steps == [1, 1, 3, 6]


def test_what_moved_while_a_run_waited_stands_when_it_begins(tabs):
    moved = CHOICES._replace(eps=2)
    tabs.pressed("one", CHOICES)
    tabs.note("one", moved)
    assert tabs.begun("one", CHOICES) == moved


def test_controls_of_a_run_that_nobody_announced_are_the_latest(tabs):
    tabs.note("one", CHOICES)
    assert tabs.begun("one", CHOICES._replace(eps=2)).eps == 2
    tabs.pressed("one", CHOICES)
    assert tabs.begun("one", CHOICES._replace(eps=3)).eps == 3


def test_only_a_control_that_stands_otherwise_is_moved(tabs):
    assert tabs.moved("one", CHOICES, ("eps",))
    tabs.computed("one", CHOICES)
    tabs.note("one", CHOICES._replace(eps=2))
    assert tabs.moved("one", CHOICES._replace(eps=2), ("attack", "eps"))
    assert not tabs.moved("one", CHOICES._replace(eps=2), ("attack",))
    assert not tabs.moved("one", CHOICES, ("attack", "eps")) and tabs.moved("two", CHOICES, ("attack",))
