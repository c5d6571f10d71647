"""What a tab gets back after a reload: its own last result, and nobody else's."""

from dataclasses import replace

import pytest

from app.batch import Batch
from app.figures.journey import furthest
from app.restore import restored
from app.state.found import Found
from app.state.tabs import Tabs
from app.state.visitors import FIRST as AT_FIRST
from app.state.visitors import Visitor, Visitors
from app.text import export as text
from engine.story import Results
from tests.page_cases import CHOICES, WHOLE, asked, held, picture, run

MINE, YOURS = "0" * 31 + "a", "0" * 31 + "b"
FIRST = "sample 0"


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def tabs(clock):
    return Tabs(Visitors(keep_seconds=60, clock=lambda: clock[0]), most=3)


@pytest.fixture
def fresh(tiny):
    """A visitor who has done nothing since the page opened."""
    return Visitor("", picture(tiny, source=FIRST), CHOICES)


@pytest.fixture
def used(fresh):
    """One for whom the whole story has run."""
    return replace(fresh, asked=frozenset(WHOLE))


def show(tabs, token, key, visitor):
    """The tab with `token` loads the page as session `key`, and the visitor gets as far as `visitor`."""
    tabs.opened(token, key, FIRST)
    tabs.visitors.put(key, visitor)


def test_a_tab_loaded_again_has_its_last_result_with_the_controls_of_then(tabs, used):
    show(tabs, MINE, "one", replace(used, choices=CHOICES._replace(eps=2)))
    assert tabs.last("one") is None
    tabs.opened(MINE, "two", FIRST)
    last = tabs.last("two")
    assert (last.picture, last.asked, last.choices.eps) == (used.picture, frozenset(WHOLE), 2)


@pytest.mark.parametrize("token", [YOURS, "", "0", MINE.upper(), MINE + "\n", MINE[:-1] + "é"])
def test_another_token_or_none_gets_nothing(tabs, used, token):
    show(tabs, MINE, "one", used)
    tabs.opened(token, "two", FIRST)
    assert tabs.last("two") is None


def test_a_page_nobody_used_is_no_result_and_hides_none(tabs, fresh, used):
    show(tabs, MINE, "one", fresh)
    tabs.opened(MINE, "two", FIRST)
    assert tabs.last("two") is None
    show(tabs, MINE, "two", used)
    show(tabs, MINE, "three", fresh)
    tabs.opened(MINE, "four", FIRST)
    assert tabs.last("four") is used


@pytest.mark.parametrize("source", ["", "sample 3"])
def test_a_picture_the_fresh_page_does_not_show_is_worth_keeping(tabs, fresh, source):
    show(tabs, MINE, "one", replace(fresh, picture=replace(fresh.picture, source=source)))
    tabs.opened(MINE, "two", FIRST)
    assert tabs.last("two").picture.source == source


def test_a_batch_alone_is_worth_keeping(tabs, fresh):
    show(tabs, MINE, "one", replace(fresh, batch=Batch(CHOICES.settings(), 1)))
    tabs.opened(MINE, "two", FIRST)
    assert tabs.last("two").asked == AT_FIRST and tabs.last("two").batch is not None


@pytest.mark.parametrize("missing", ["picture", "choices"])
def test_who_never_had_a_picture_or_controls_has_nothing_to_get_back(tabs, used, missing):
    show(tabs, MINE, "one", used)
    tabs.opened(MINE, "two", FIRST)
    tabs.visitors.put("one", replace(used, **{missing: None}))
    assert tabs.last("two") is None


def test_what_is_forgotten_or_too_old_is_gone(tabs, used, clock):
    for gone in (lambda: tabs.forget("two"), lambda: clock.__setitem__(0, 61)):
        show(tabs, MINE, "one", used)
        tabs.opened(MINE, "two", FIRST)
        assert tabs.last("two") is not None
        gone()
        assert tabs.last("two") is None and tabs.visitors.get("one").picture is None


def test_the_oldest_tabs_make_room(tabs, used):
    show(tabs, MINE, "one", used)
    for place in range(3):
        tabs.opened(f"{place:032x}", f"other {place}", FIRST)
    tabs.opened(MINE, "two", FIRST)
    assert tabs.last("two") is None


def test_the_furthest_step_is_the_last_with_a_finding(told):
    clean = Found(picture=told.picture, classes=told.classes, label=told.label, clean=told.clean)
    maps = replace(clean, adversarial=told.adversarial, maps=told.maps)
    assert [furthest(found) for found in (Found(), clean, maps, told)] == [1, 1, 3, 6]


def test_what_is_restored_is_not_said_to_be_all_there_where_results_are_gone(tiny):
    question = asked(tiny, Results())
    found = run(question, ("clean", "adversarial"))
    assert restored(found, frozenset(found.made)) == text.RESTORE_RESTORED
    for lacking in (held(question, WHOLE), held(asked(tiny, Results()), WHOLE)):
        assert restored(lacking, frozenset(WHOLE)) == text.RESTORE_SETTINGS
