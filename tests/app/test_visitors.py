"""What visitors have chosen: whatever the order in which events arrive, the browser's last turn stands; and bounds."""

import random
import threading

import pytest

from app.batch import Batch
from app.state.visitors import ECHOES, FIRST, Progress, Visitor, Visitors
from tests.page_cases import CHOICES, picture

AS_SENT = lambda before, now: now  # noqa: E731


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def visitors(clock):
    return Visitors(most=3, keep_seconds=60, clock=lambda: clock[0])


def at(turn: float):
    """The controls of one turn, told apart by their seed."""
    return CHOICES._replace(seed=turn)


def fitting(before, now):
    """A limit that fits the norm, where the norm has moved."""
    return now._replace(eps=1 if now.norm == "l2" else 4) if before.norm != now.norm else now


def choose(visitors, key, turn, choices, adjust=AS_SENT, drawing=False) -> Visitor:
    """The visitor once the browser has sent these choices, with an event that draws or with another."""
    return visitors.choose(key, turn, choices, adjust, drawing)


def test_a_newcomer_has_nothing_and_is_not_kept(visitors):
    newcomer = visitors.get("me")
    assert (newcomer.model, newcomer.picture, newcomer.choices, newcomer.asked) == ("", None, None, FIRST)
    assert "me" not in visitors and len(visitors) == 0


def test_an_older_turn_changes_nothing(visitors):
    choose(visitors, "me", 5, at(5))
    late = choose(visitors, "me", 3, at(3))
    assert late.choices == at(5) and visitors.get("me").choices == at(5)
    assert choose(visitors, "me", 5, at(6)).choices == at(6)  # one turn may bring several events


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_order_of_arrival_the_last_turn_stands(visitors, seed):
    turns = list(range(1, 30))
    random.Random(seed).shuffle(turns)
    newest = 0
    for turn in turns:
        newest = max(newest, turn)
        assert choose(visitors, "me", turn, at(turn)).choices == at(newest)
        visitors.ask("me", frozenset({f"part {turn}"}))
        visitors.change("me", progress=Progress(turn))
    assert visitors.get("me").choices == at(29)
    assert visitors.get("me").asked == FIRST | {f"part {turn}" for turn in turns}


def test_turns_arriving_in_many_threads_leave_the_last_one(visitors):
    barrier = threading.Barrier(8)

    def send(first: int) -> None:
        barrier.wait()
        for turn in range(first, 400, 8):
            choose(visitors, "me", turn, at(turn))
            visitors.ask("me", frozenset({f"part {turn}"}))
            visitors.get(f"other {first % 2}")

    threads = [threading.Thread(target=send, args=(first,)) for first in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert visitors.get("me").choices == at(399)
    assert visitors.get("me").asked == FIRST | {f"part {turn}" for turn in range(1, 400)}


def test_what_the_server_chose_outlasts_what_the_browser_had_sent_before_but_no_other_choice(visitors):
    choose(visitors, "me", 5, at(5)._replace(eps=2))
    visitors.set("me", at(50)._replace(eps=2))
    assert choose(visitors, "me", 4, at(4)).choices == at(50)._replace(eps=2)  # an older turn
    echo = choose(visitors, "me", 6, at(5)._replace(eps=3))  # sent before the browser showed the new seed
    assert echo.choices == at(50)._replace(eps=3)
    assert choose(visitors, "me", 7, at(50)).choices == at(50)
    assert choose(visitors, "me", 8, at(5)).choices == at(5)  # the browser had shown it: now it is a choice


@pytest.mark.parametrize("sent", [1, 50])
def test_of_two_choices_of_the_server_the_later_outlasts_both_that_the_browser_showed_before(visitors, sent):
    choose(visitors, "me", 1, at(1))
    visitors.set("me", at(50))
    visitors.set("me", at(60))
    for turn in (2, 3, 4):  # presses, of which any number may be under way
        assert choose(visitors, "me", turn, at(sent)).choices == at(60)
    for turn in range(5, 5 + ECHOES):
        assert choose(visitors, "me", turn, at(sent), drawing=True).choices == at(60)
    assert choose(visitors, "me", 5 + ECHOES, at(sent), drawing=True).choices == at(sent)


def test_drawings_bring_what_the_server_replaced_until_the_browser_shows_it(visitors):
    choose(visitors, "me", 1, at(1), drawing=True)
    visitors.set("me", at(50))
    for turn in (2, 3):
        late = choose(visitors, "me", turn, at(1), drawing=True)
        assert late.choices == at(50) and set(late.replaced) == {"seed"}
    assert choose(visitors, "me", 4, at(50), drawing=True).replaced == {}
    wanted = choose(visitors, "me", 5, at(1))
    assert wanted.choices == at(1) and wanted.replaced == {}


def test_each_choice_of_the_server_outlasts_drawings_of_its_own(visitors):
    choose(visitors, "me", 1, at(1))
    visitors.set("me", at(50))
    for turn in range(2, 2 + ECHOES):
        choose(visitors, "me", turn, at(1), drawing=True)
    visitors.set("me", at(60))
    assert choose(visitors, "me", 10, at(50), drawing=True).choices == at(60)
    assert choose(visitors, "me", 11, at(60), drawing=True).replaced == {}


def test_only_what_the_server_replaced_is_kept(visitors):
    choose(visitors, "me", 1, at(1))
    visitors.set("me", at(50))
    assert set(visitors.get("me").replaced) == {"seed"} and visitors.get("me").unshown == frozenset()
    assert choose(visitors, "me", 2, at(50)).replaced == {}  # the browser has shown it


def test_whatever_else_the_browser_sends_than_before_is_a_choice(visitors):
    choose(visitors, "me", 1, at(1))
    visitors.set("me", at(50))
    assert choose(visitors, "me", 2, at(7)).choices == at(7)
    assert choose(visitors, "me", 3, at(1)).choices == at(1)


def test_the_browser_is_shown_once_what_stands_otherwise_than_it_has_sent(visitors):
    longer = CHOICES._replace(norm="l2")
    choose(visitors, "me", 1, CHOICES, fitting)
    assert visitors.unshown("me") == {}
    choose(visitors, "me", 2, longer, fitting)
    assert visitors.unshown("me") == {"eps": 1} and visitors.unshown("me") == {}
    choose(visitors, "me", 3, longer._replace(eps=1), fitting)
    assert visitors.unshown("me") == {} and visitors.get("me").choices.eps == 1


def test_a_value_that_one_event_did_not_show_is_shown_with_the_next(visitors):
    """A press of a button may be what brings another norm; only the event that draws shows the limit that fits it."""
    longer = CHOICES._replace(norm="l2")
    choose(visitors, "me", 1, CHOICES)
    choose(visitors, "me", 2, longer, fitting)  # whoever pressed does not look at what was adjusted
    visitor = choose(visitors, "me", 3, longer, fitting, drawing=True)
    assert visitor.choices.eps == 1 and visitors.unshown("me") == {"eps": 1}
    assert choose(visitors, "me", 4, longer._replace(eps=1), fitting, drawing=True).choices.eps == 1
    assert visitors.unshown("me") == {}


def test_a_value_that_was_adjusted_twice_is_shown_as_it_stands(visitors):
    choose(visitors, "me", 1, CHOICES)
    choose(visitors, "me", 2, CHOICES._replace(norm="l2"), fitting)
    choose(visitors, "me", 3, CHOICES._replace(eps=8), fitting)
    assert visitors.unshown("me") == {"eps": 4} and visitors.get("me").choices.eps == 4


def test_what_is_to_be_shown_outlasts_a_late_event(visitors):
    choose(visitors, "me", 1, CHOICES)
    choose(visitors, "me", 3, CHOICES._replace(norm="l2"), fitting)
    choose(visitors, "me", 2, CHOICES, fitting)
    assert visitors.unshown("me") == {"eps": 1}


def test_nobody_else_is_shown_what_was_adjusted_and_a_newcomer_nothing(visitors):
    choose(visitors, "me", 1, CHOICES)
    choose(visitors, "me", 2, CHOICES._replace(norm="l2"), fitting)
    assert visitors.unshown("you") == {} and "you" not in visitors
    assert visitors.unshown("me") == {"eps": 1}


def test_a_visitor_put_in_place_of_another_keeps_the_turn(tiny, visitors):
    choose(visitors, "me", 5, at(5))
    visitors.put("me", Visitor("", picture(tiny), at(7)))
    assert choose(visitors, "me", 4, at(4)).choices == at(7)
    assert choose(visitors, "me", 6, at(6)).picture is not None


def test_controls_are_made_to_fit_knowing_those_before_and_for_a_newcomer_those_of_now(visitors):
    seen = []

    def noted(before, now):
        seen.append((before, now))
        return now._replace(eps=1)

    choose(visitors, "me", 1, at(1), noted)
    choose(visitors, "me", 2, at(2), noted)
    choose(visitors, "me", 1, at(0), noted)  # late: nobody asks
    assert seen == [(at(1), at(1)), (at(1)._replace(eps=1), at(2)._replace(eps=1))]


def test_what_the_server_chose_is_what_controls_are_made_to_fit_with(visitors):
    """The echo of an older norm must not bring the limit of that norm back."""
    choose(visitors, "me", 1, CHOICES, fitting)
    visitors.set("me", CHOICES._replace(norm="l2", eps=2))
    echo = choose(visitors, "me", 2, CHOICES._replace(seed=7), fitting, drawing=True)
    assert (echo.choices.norm, echo.choices.eps, echo.choices.seed) == ("l2", 2, 7) and visitors.unshown("me") == {}


def test_who_was_not_seen_for_long_is_forgotten(visitors, clock):
    choose(visitors, "me", 1, at(1))
    clock[0] = 50
    choose(visitors, "you", 1, at(1))
    clock[0] = 60
    assert visitors.get("me").choices == at(1)  # and so seen again
    clock[0] = 111
    assert "you" not in visitors and "me" in visitors and len(visitors) == 1
    clock[0] = 121
    assert visitors.get("me").choices is None and len(visitors) == 0


def test_who_was_not_seen_for_longest_makes_room(visitors):
    for key in "abc":
        choose(visitors, key, 1, at(1))
    visitors.get("a")
    visitors.ask("d", frozenset({"maps"}))
    assert len(visitors) == 3 and "b" not in visitors and all(key in visitors for key in "acd")


def test_only_whom_one_names_is_dropped(visitors):
    for key in "ab":
        choose(visitors, key, 1, at(1))
    visitors.drop("a")
    visitors.drop("never there")
    assert "a" not in visitors and "b" in visitors


def test_what_was_to_be_said_is_said_once_unless_another_run_came(visitors):
    wish = Progress(3, go=3, turn=9, story=True, said="Done.", tone="good")
    visitors.change("me", progress=wish)
    visitors.said("me", wish)
    left = visitors.get("me").progress
    assert (left.said, left.tone) == ("", "calm")
    assert (left.step, left.go, left.turn, left.story) == (3, 3, 9, True)  # the browser opens a turn once by itself
    later = Progress(4, go=4, said="Done.")
    visitors.change("me", progress=later)
    visitors.said("me", wish)
    assert visitors.get("me").progress is later


def test_a_run_that_says_and_opens_the_same_as_the_last_is_another(visitors):
    """Each run has its own turn; two of the same must not be taken for one."""
    first, second = Progress(go=2, turn=1, said="Done."), Progress(go=2, turn=1, said="Done.")
    visitors.change("me", progress=second)
    visitors.said("me", first)
    assert visitors.get("me").progress.said == "Done."


def test_a_choice_made_meanwhile_survives_that_something_was_said(visitors):
    wish = Progress(go=2, said="Done.")
    visitors.change("me", progress=wish)
    choose(visitors, "me", 4, at(4))
    visitors.said("me", wish)
    assert visitors.get("me").choices == at(4) and choose(visitors, "me", 3, at(3)).choices == at(4)


def test_of_another_picture_or_model_nothing_was_asked_yet(tiny):
    batch = Batch(CHOICES.settings(), 1)
    visitor = Visitor("", picture(tiny), CHOICES, asked=FIRST | {"maps"}, batch=batch)
    other = visitor.on("", picture(tiny, 2))
    assert other.asked == FIRST and other.choices is visitor.choices and other.batch is batch
    assert visitor.on("another", picture(tiny)).batch is None
