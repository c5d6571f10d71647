"""Back and forward through what a visitor has looked at."""

from dataclasses import replace

import pytest

from app.state.history import MOST, History, Look
from app.state.visitors import Visitor, Visitors
from tests.page_cases import CHOICES, picture


@pytest.fixture(scope="module")
def shown(tiny):
    return picture(tiny)


def look(shown, **choices) -> Look:
    return Look("", shown, CHOICES._replace(**choices), frozenset({"clean"}))


def limits(history) -> list:
    return [one.choices.eps for one in history.looks]


def test_looks_come_back_in_their_order_and_forward_again(shown):
    history = History().seen(look(shown, eps=1), 0).seen(look(shown, eps=2), 9).seen(look(shown, eps=3), 18)
    assert limits(history) == [1, 2, 3] and history.present.choices.eps == 3
    back = history.went(history.present, -1)
    assert back.present.choices.eps == 2 and back.went(back.present, -1).present.choices.eps == 1
    assert back.went(back.present, 1).present.choices.eps == 3
    assert history.went(history.present, 1) is None
    assert History().went(None, -1) is None and History().went(look(shown), -1) is None


def test_who_went_on_without_seeing_anything_goes_back_to_what_was_seen_last(shown):
    history = History().seen(look(shown, eps=1), 0).seen(look(shown, eps=2), 9)
    assert history.went(look(shown, eps=7), -1).present.choices.eps == 2


def test_how_something_is_shown_is_no_other_look_but_is_remembered(shown):
    history = History().seen(look(shown, eps=1), 0).seen(look(shown, eps=1, colours="inferno", opened_view=3), 9)
    assert limits(history) == [1] and history.present.choices.colours == "inferno"


def test_a_new_look_ends_what_lay_ahead(shown):
    history = History().seen(look(shown, eps=1), 0).seen(look(shown, eps=2), 9)
    back = history.went(history.present, -1)
    assert limits(back.seen(look(shown, eps=5), 18)) == [1, 5]
    assert limits(back.seen(back.present, 18)) == [1, 2]


def test_another_picture_or_model_is_another_look(shown, tiny):
    other = Look("", picture(tiny, seed=2), CHOICES, frozenset())
    assert not look(shown).same(other)
    assert not look(shown).same(Look("another", shown, CHOICES, frozenset()))


def test_the_oldest_looks_make_room(shown):
    history = History()
    for eps in range(MOST + 5):
        history = history.seen(look(shown, eps=eps), 9 * eps)
    assert limits(history) == list(range(5, MOST + 5)) and history.place == MOST - 1


def test_a_visitor_without_a_picture_looks_at_nothing(shown):
    assert Visitor().look is None and Visitor(picture=shown).look is None
    visitors = Visitors()
    visitors.put("me", Visitor("", shown, CHOICES))
    visitors.seen("me", visitors.get("me").look)
    assert visitors.get("me").history.present.choices == CHOICES


def test_both_looks_of_a_swap_stay_however_soon_they_came_and_another_follows(shown):
    history = History().seen(look(shown, eps=4), 0).seen(look(shown, eps=5), 10)
    assert limits(history.seen(look(shown, eps=4), 11)) == [4, 4]
    swapped = history.swapped(look(shown, eps=6), look(shown, eps=4), 11)
    assert limits(swapped) == [4, 6, 4] and limits(swapped.seen(look(shown, eps=3), 11)) == [4, 6, 4, 3]


def test_a_swap_lies_between_its_two_looks_and_no_others(shown):
    history = History().seen(look(shown, eps=4), 0).swapped(look(shown, eps=6), look(shown, eps=4), 11)
    seen = history.seen(look(shown, eps=4, colours="inferno"), 12)
    back = seen.moved(-1)
    assert seen.swaps(back) and back.swaps(seen) and not seen.swaps(seen)
    assert not back.swaps(back.moved(-1)) and not seen.seen(look(shown, eps=1), 20).swaps(seen)


def test_pictures_that_come_soon_after_each_other_are_looks_of_their_own(shown, tiny):
    history = History().seen(look(shown), 0).seen(replace(look(shown), picture=picture(tiny, seed=2)), 0.1)
    assert len(history.seen(replace(look(shown), picture=picture(tiny, seed=3)), 0.2).looks) == 3


def test_what_was_computed_by_a_button_stays_however_soon_the_same_slider_moves_again(shown):
    history = History().seen(look(shown, eps=4), 0).seen(look(shown, eps=5), 9)
    pressed = history.seen(replace(look(shown, eps=5), asked=frozenset({"clean", "adversarial"})), 9.5)
    assert limits(history.seen(look(shown, eps=6), 10)) == [4, 6]
    assert limits(pressed.seen(look(shown, eps=6), 10)) == [4, 5, 6]


@pytest.mark.parametrize("first", ["pressed", "seen"])
def test_a_look_at_which_a_button_was_pressed_again_stays_however_soon_the_same_slider_moves(shown, first):
    five = look(shown, eps=5)
    history = History().seen(look(shown, eps=1), 0)
    if first == "pressed":
        history = history.pressed_at(five.choices).seen(five, 9)
    else:
        history = history.seen(five, 9).pressed_at(five.choices)
    history = history.seen(look(shown, eps=7), 9.5)
    assert limits(history) == [1, 5, 7]
    assert limits(history.seen(look(shown, eps=8), 10)) == [1, 5, 8]  # which is drawn on


def test_a_slider_that_is_drawn_on_leaves_one_look(shown):
    history = History().seen(look(shown, eps=4), 0)
    for place, eps in enumerate((5, 6, 7)):
        history = history.seen(look(shown, eps=eps), 10 + place)
    assert limits(history) == [4, 7]
    assert limits(history.seen(look(shown, eps=8), 20)) == [4, 7, 8]
    assert limits(history.seen(look(shown, eps=7, steps=9), 12.5)) == [4, 7, 7]
