"""What visitors have chosen: whatever the order in which events arrive, the browser's last turn stands; and bounds."""

import random
import threading
from dataclasses import replace

import pytest

from app.batch import Batch
from app.state.visitors import FIRST, Progress, Visitor, Visitors
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


def test_a_newcomer_has_nothing_and_is_not_kept(visitors):
    newcomer = visitors.get("me")
    assert (newcomer.model, newcomer.picture, newcomer.choices, newcomer.asked) == ("", None, None, FIRST)
    assert "me" not in visitors and len(visitors) == 0


def test_an_older_turn_changes_nothing(visitors):
    visitors.choose("me", 5, at(5), AS_SENT)
    late = visitors.choose("me", 3, at(3), AS_SENT)
    assert late.choices == at(5) and visitors.get("me").choices == at(5)
    assert visitors.choose("me", 5, at(6), AS_SENT).choices == at(6)  # one turn may bring several events


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_order_of_arrival_the_last_turn_stands(visitors, seed):
    turns = list(range(1, 30))
    random.Random(seed).shuffle(turns)
    newest = 0
    for turn in turns:
        newest = max(newest, turn)
        assert visitors.choose("me", turn, at(turn), AS_SENT).choices == at(newest)
        visitors.ask("me", frozenset({f"part {turn}"}))
        visitors.change("me", progress=Progress(turn))
    assert visitors.get("me").choices == at(29)
    assert visitors.get("me").asked == FIRST | {f"part {turn}" for turn in turns}


def test_turns_arriving_in_many_threads_leave_the_last_one(visitors):
    barrier = threading.Barrier(8)

    def send(first: int) -> None:
        barrier.wait()
        for turn in range(first, 400, 8):
            visitors.choose("me", turn, at(turn), AS_SENT)
            visitors.ask("me", frozenset({f"part {turn}"}))
            visitors.get(f"other {first % 2}")

    threads = [threading.Thread(target=send, args=(first,)) for first in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert visitors.get("me").choices == at(399)
    assert visitors.get("me").asked == FIRST | {f"part {turn}" for turn in range(1, 400)}


def test_what_the_server_chose_is_overruled_by_a_later_turn_only(visitors):
    visitors.choose("me", 5, at(5), AS_SENT)
    visitors.change("me", choices=at(50))
    assert visitors.choose("me", 4, at(4), AS_SENT).choices == at(50)
    assert visitors.choose("me", 6, at(6), AS_SENT).choices == at(6)


def test_a_visitor_put_in_place_of_another_keeps_the_turn(tiny, visitors):
    visitors.choose("me", 5, at(5), AS_SENT)
    visitors.put("me", Visitor("", picture(tiny), at(7)))
    assert visitors.choose("me", 4, at(4), AS_SENT).choices == at(7)
    assert visitors.choose("me", 6, at(6), AS_SENT).picture is not None


def test_controls_are_made_to_fit_knowing_those_before(visitors):
    seen = []

    def fitting(before, now):
        seen.append((before, now))
        return now._replace(eps=1)

    visitors.choose("me", 1, at(1), fitting)
    visitors.choose("me", 2, at(2), fitting)
    visitors.choose("me", 1, at(0), fitting)  # late: nobody asks
    assert seen == [(None, at(1)), (at(1)._replace(eps=1), at(2))]


def test_who_was_not_seen_for_long_is_forgotten(visitors, clock):
    visitors.choose("me", 1, at(1), AS_SENT)
    clock[0] = 50
    visitors.choose("you", 1, at(1), AS_SENT)
    clock[0] = 60
    assert visitors.get("me").choices == at(1)  # and so seen again
    clock[0] = 111
    assert "you" not in visitors and "me" in visitors and len(visitors) == 1
    clock[0] = 121
    assert visitors.get("me").choices is None and len(visitors) == 0


def test_who_was_not_seen_for_longest_makes_room(visitors):
    for key in "abc":
        visitors.choose(key, 1, at(1), AS_SENT)
    visitors.get("a")
    visitors.ask("d", frozenset({"maps"}))
    assert len(visitors) == 3 and "b" not in visitors and all(key in visitors for key in "acd")


def test_only_whom_one_names_is_dropped(visitors):
    for key in "ab":
        visitors.choose(key, 1, at(1), AS_SENT)
    visitors.drop("a")
    visitors.drop("never there")
    assert "a" not in visitors and "b" in visitors


def test_what_was_to_be_done_once_is_done_unless_another_run_came(visitors):
    wish = Progress(3, go=3, story=True, said="Done.", tone="good")
    visitors.change("me", progress=wish)
    visitors.done("me", wish)
    left = visitors.get("me").progress
    assert (left.step, left.go, left.story, left.said, left.tone) == (3, None, True, "", "calm")
    later = Progress(4, go=4)
    visitors.change("me", progress=later)
    visitors.done("me", wish)
    assert visitors.get("me").progress is later


def test_a_choice_made_meanwhile_survives_that_something_was_done(visitors):
    wish = Progress(go=2)
    visitors.change("me", progress=wish)
    visitors.choose("me", 4, at(4), AS_SENT)
    visitors.done("me", wish)
    assert visitors.get("me").choices == at(4) and visitors.choose("me", 3, at(3), AS_SENT).choices == at(4)


def test_of_another_picture_or_model_nothing_was_asked_yet(tiny):
    batch = Batch(CHOICES.settings(), 1)
    visitor = replace(Visitor("", picture(tiny), CHOICES), asked=FIRST | {"maps"}, batch=batch)
    other = visitor.on("", picture(tiny, 2))
    assert other.asked == FIRST and other.choices is visitor.choices and other.batch is batch
    assert visitor.on("another", picture(tiny)).batch is None
