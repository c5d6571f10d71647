"""Results by key: computed once for all who ask, cancelled when nobody is left, bounded in bytes."""

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, fields, is_dataclass, replace

import numpy as np
import pytest
import torch

from engine.classes import Classes
from engine.errors import EngineError
from engine.models import Cancelled, cancelled_by
from engine.results import size
from engine.settings import AttackSettings, Settings, ViewSettings
from engine.story.graph import Story
from engine.story.recipe import Picture, Recipe
from engine.story.requests import (
    Attack,
    Clean,
    Curves,
    Defended,
    Guide,
    Heads,
    Map,
    Placed,
    Read,
    Tune,
    Views,
    Weighted,
    Words,
)
from engine.story.results import Results

SECONDS = 20  # for a thread that should have moved on long ago


class Work:
    """A computation that counts its beginnings and waits before each item until it is let on."""

    def __init__(self, count: int = 3, fails: bool = False) -> None:
        self.count, self.fails = count, fails
        self.begun, self.closed = 0, threading.Event()
        self.turns = threading.Semaphore(0)

    def let(self, count: int = 1) -> None:
        self.turns.release(count)

    def __call__(self) -> Iterator[int]:
        self.begun += 1
        try:
            for item in range(self.count):
                assert self.turns.acquire(timeout=SECONDS)
                yield item
            if self.fails:
                raise EngineError("It cannot be done.")
        finally:
            self.closed.set()


@dataclass(frozen=True)
class Block:
    """A result of so many bytes."""

    bytes: torch.Tensor


def block(count: int) -> Block:
    return Block(torch.zeros(count, dtype=torch.uint8))


def read(results: Results, key: str, work: Work, got: list) -> threading.Thread:
    """A thread that follows a computation to its end."""

    def run() -> None:
        got.extend(results.ask(key, work))

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_who_comes_later_gets_what_he_missed_and_nothing_is_computed_twice():
    results, work = Results(), Work()
    first = results.ask("key", work)
    work.let(2)
    assert [next(first), next(first)] == [0, 1]
    second = results.ask("key", work)
    assert [next(second), next(second)] == [0, 1]
    work.let()
    assert (list(first), list(second)) == ([2], [2])
    assert work.begun == 1 and results["key"] == 2
    assert list(results.ask("key", work)) == [2] and work.begun == 1


def test_two_threads_at_the_same_time_compute_once():
    for _ in range(50):
        results, work, barrier = Results(), Work(), threading.Barrier(4)
        work.let(3)
        got: list[list] = [[] for _ in range(4)]

        def run(into, results=results, work=work, barrier=barrier):
            barrier.wait()
            into.extend(results.ask("key", work))

        threads = [threading.Thread(target=run, args=(into,)) for into in got]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS)
        assert work.begun == 1 and all(into in ([0, 1, 2], [2]) for into in got)


def test_one_who_stalls_or_leaves_does_not_hold_up_the_other():
    results, work, got = Results(), Work(), []
    stalled, leaving = results.ask("key", work), results.ask("key", work)
    work.let()
    assert next(stalled) == next(leaving) == 0
    leaving.close()
    thread = read(results, "key", work, got)
    work.let(2)
    thread.join(SECONDS)
    assert got == [0, 1, 2] and work.begun == 1
    assert list(stalled) == [1, 2]


def test_the_last_to_leave_cancels_and_nothing_is_kept():
    results, work = Results(), Work()
    one, two = results.ask("key", work), results.ask("key", work)
    work.let()
    assert next(one) == next(two) == 0
    one.close()
    assert not work.closed.is_set()
    two.close()
    work.let()
    assert work.closed.wait(SECONDS) and "key" not in results
    work.let(3)
    assert list(results.ask("key", work))[-1] == 2 and work.begun == 2


def test_who_asks_again_while_a_cancelled_one_still_ends_begins_anew():
    results, old, new = Results(), Work(), Work()
    with closing(results.ask("key", old)) as left:
        old.let()
        assert next(left) == 0
    thread = read(results, "key", new, got := [])
    new.let(3), old.let(2)
    thread.join(SECONDS)
    assert got == [0, 1, 2] and old.closed.is_set() and results["key"] == 2 and (old.begun, new.begun) == (1, 1)


def test_a_failure_reaches_all_who_follow_and_leaves_no_entry():
    results, work = Results(), Work(fails=True)
    one, two = results.ask("key", work), results.ask("key", work)
    work.let()
    assert next(one) == next(two) == 0
    work.let(2)
    for follower in (one, two):
        with pytest.raises(EngineError, match="cannot be done"):
            list(follower)
    assert "key" not in results and results.bytes == 0
    with pytest.raises(KeyError):
        results["key"]


def test_who_waits_leaves_when_his_own_token_is_set():
    results, work, token, left = Results(), Work(), threading.Event(), []

    def run() -> None:
        with cancelled_by(token):
            try:
                list(results.ask("key", work))
            except Cancelled:
                left.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    token.set()
    thread.join(SECONDS)
    work.let()
    assert left == [True] and work.closed.wait(SECONDS) and "key" not in results


def test_bytes_are_bounded_for_each_and_in_all_and_the_oldest_of_ones_own_goes_first():
    results = Results(most=100, most_each=50)

    def keep(key: str, count: int, owner: str) -> None:
        list(results.ask(key, lambda: (one for one in [block(count)]), owner))

    keep("a1", 20, "a"), keep("b1", 20, "b"), keep("a2", 20, "a"), keep("a3", 20, "a")
    assert "a1" not in results and all(key in results for key in ("b1", "a2", "a3")) and results.bytes == 60
    assert len(results["a2"].bytes) == 20  # looked at, so a3 is the older one now
    keep("a4", 20, "a")
    assert "a3" not in results and "a2" in results and "b1" in results
    keep("b2", 30, "b"), keep("c1", 30, "c")
    assert results.bytes <= 100 and "c1" in results and "b1" not in results
    keep("c2", 60, "c")
    assert "c2" not in results and results.bytes <= 100
    results.drop("a")
    assert "a2" not in results and "a4" not in results
    for owner in "bc":
        results.drop(owner)
    assert results.bytes == 0


def test_what_is_pinned_counts_to_no_bound_and_stays_as_far_as_there_is_room():
    results = Results(most=50, most_each=40, most_pinned=60)

    def keep(key: str, count: int, owner: str) -> None:
        list(results.ask(key, lambda: (one for one in [block(count)]), owner))

    for key in ("s1", "s2"):
        keep(key, 30, "s")
        assert results.pin(key, "nobody computed this")
    keep("s3", 30, "s")
    assert not results.pin("s3")
    assert results.bytes == 90 and all(key in results for key in ("s1", "s2", "s3"))
    keep("a1", 40, "a")
    assert "s3" not in results and "s1" in results and "s2" in results and results.bytes == 100
    assert list(results.ask("s1", Work(), "a"))[0] is results["s1"]
    for owner in ("a", "s"):
        results.drop(owner)
    assert "s1" in results and results.bytes == 60


def test_the_seconds_are_those_of_computing_when_first_computed():
    results, work = Results(), Work(2)
    work.let(2)
    list(results.ask("key", work))
    first = results.seconds("key")
    assert list(results.ask("key", work)) == [1] and results.seconds("key") == first > 0
    with pytest.raises(KeyError):
        results.seconds("another")


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def timed(clock):
    """Results whose clock is `clock`, with one of each of the owners a and b at the time 0."""
    results = Results(clock=lambda: clock[0])
    results.put("a1", block(20), "a")
    results.put("b1", block(30), "b")
    return results


def test_results_of_an_owner_whom_nobody_asks_for_go_after_a_while(timed, clock):
    clock[0] = 50
    timed.put("a2", block(40), "a")
    clock[0] = 60
    timed.drop_unasked(60)
    assert "b1" in timed
    clock[0] = 61
    timed.drop_unasked(60)
    assert "b1" not in timed and "a1" in timed and "a2" in timed and timed.bytes == 60
    clock[0] = 111
    timed.drop_unasked(60)
    assert "a1" not in timed and timed.bytes == 0


def test_whoever_asks_for_one_of_an_owners_results_keeps_all_of_them(timed, clock):
    """A page that is loaded again is another owner, who looks at what the one before has computed."""
    timed.put("a2", block(40), "a")
    clock[0] = 50
    assert list(timed.ask("a2", Work(), "another")) == [timed["a2"]]
    clock[0] = 100
    timed.drop_unasked(60)
    assert "a1" in timed and "a2" in timed and "b1" not in timed
    clock[0] = 120
    assert "a1" in timed  # to look whether it is there is not to ask for it
    timed.drop_unasked(60)
    assert "a1" not in timed and "a2" not in timed


def test_what_is_pinned_stays_however_long_nobody_asks(timed, clock):
    timed.put("s1", block(30), "s")
    assert timed.pin("s1")
    clock[0] = 1000
    timed.drop_unasked(60)
    assert "s1" in timed and timed.bytes == 30


def test_an_owner_who_comes_again_after_all_was_dropped_is_kept_anew(timed, clock):
    timed.drop("a")
    clock[0] = 100
    timed.drop_unasked(60)
    timed.put("a1", block(20), "a")
    clock[0] = 150
    timed.drop_unasked(60)
    assert "a1" in timed and timed.bytes == 20


def test_a_tensor_that_stands_twice_is_counted_once():
    one = torch.zeros(10)
    assert size((one, [one, block(5)], {"more": one})) == 45


@pytest.mark.parametrize("whole", [torch.zeros(10), np.zeros(5)], ids=["tensor", "array"])
def test_a_part_counts_as_all_that_it_keeps_in_memory_and_parts_of_one_once(whole):
    assert size(whole[:2]) == size(whole) == size([whole[:1], whole[2:], whole]) == 40


def test_what_a_tensor_and_an_array_share_is_counted_once():
    one = np.zeros(5)
    assert size([one, torch.from_numpy(one), one[1:]]) == 40


CLASSES = Classes(("red fox", "owl", "sea star"))
SETTINGS = Settings(attack=AttackSettings(steps=3), views=ViewSettings(count=6), defences=("clip", "a-tpt"))


def test_recipes_that_share_parts_share_their_results(tiny, pixels):
    results = Results()
    one = Story(tiny, Recipe(Picture(pixels), CLASSES, settings=SETTINGS), results)
    more = replace(SETTINGS, views=replace(SETTINGS.views, count=4))
    two = Story(tiny, Recipe(Picture(pixels), CLASSES, settings=more), results)
    one.result(Defended("a-tpt"))
    assert Attack() in two and Views() not in two and Defended("a-tpt") not in two
    assert two.result(Attack()) is one.result(Attack())
    back = Story(tiny, Recipe(Picture(pixels), CLASSES, settings=SETTINGS), results)
    assert [asked for asked, _ in back.ask(Defended("a-tpt"))] == [Defended("a-tpt")]


def test_a_visitors_own_picture_is_answered_from_no_other_visitors_key(tiny, pixels):
    results = Results()
    mine, yours = (Story(tiny, Recipe(Picture(pixels, salt), CLASSES), results, salt) for salt in ("me", "you"))
    mine.result(Clean())
    assert Clean() in mine and Clean() not in yours
    assert torch.equal(yours.result(Clean()).logits, mine.result(Clean()).logits)
    results.drop("me")
    assert Clean() not in mine and Clean() in yours


def test_leaving_a_story_cancels_its_model_at_the_next_layer(tiny, pixels):
    story = Story(tiny, Recipe(Picture(pixels), CLASSES, settings=replace(SETTINGS, attack=AttackSettings(steps=900))))
    running = story.ask(Attack())
    next(running)
    running.close()
    assert Attack() not in story
    for thread in threading.enumerate():
        if thread.name in ("story", "attack"):
            thread.join(SECONDS)
            assert not thread.is_alive()
    assert not any(layer._forward_pre_hooks for layer in tiny.model.modules())


def test_gradients_and_tokens_of_who_asks_are_left_alone(tiny, pixels):
    story = Story(tiny, Recipe(Picture(pixels), CLASSES, settings=SETTINGS))
    with torch.no_grad():
        assert not torch.is_grad_enabled()
        plain = story.result(Attack())
    assert torch.is_grad_enabled() and plain.linf() > 0


REQUESTS = (
    Clean(), Attack(), Map(), Guide(), Heads(), Words(), Curves(), Views(), Views("r-tpt"), Tune(1), Weighted(),
    Placed(), Read(), Defended("clip"),
)  # fmt: skip


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda one: type(one).__name__)
def test_a_result_keeps_no_more_in_memory_than_it_has(tiny, pixels, request_):
    """A part of a larger tensor would keep all of it, and the graph of gradients all that it was computed from."""
    found = list(tensors(Story(tiny, Recipe(Picture(pixels), CLASSES, settings=SETTINGS)).result(request_)))
    assert not any(one.requires_grad for one in found)
    assert size(found) <= sum(one.nbytes for one in found) + 8 * SETTINGS.views.count  # at most an order of views


def tensors(result: object) -> Iterator[torch.Tensor]:
    """All in nested dataclasses, tuples and mappings."""
    if isinstance(result, torch.Tensor):
        yield result
    elif is_dataclass(result):
        yield from tensors(tuple(getattr(result, one.name) for one in fields(result)))
    elif isinstance(result, tuple | dict):
        for one in result.values() if isinstance(result, dict) else result:
            yield from tensors(one)
