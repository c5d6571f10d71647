"""One computation advances at a time, owners go round, and nobody waits for ever, whatever the number of threads."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest
import torch

from engine.attacks.run import attack, result_of
from engine.classes import Classes
from engine.models import Cancelled, cancelled_by
from engine.models.giving_way import give_way, giving_way, own_seconds
from engine.models.predict import predict
from engine.settings import AttackSettings, Settings, ViewSettings
from engine.story.graph import Story
from engine.story.recipe import Picture, Recipe
from engine.story.requests import Attack, Clean, Defended, Views, Weighted
from engine.story.results import Results
from engine.story.turns import EACH, Turn, Turns
from engine.views.guided import make_views
from tests.fixtures import noise

SECONDS = 20  # for a thread that should have moved on long ago
CLASSES = Classes(("red fox", "owl", "sea star"))
SETTINGS = Settings(attack=AttackSettings(steps=3), views=ViewSettings(count=20), defences=("clip", "a-tpt"))


class Bench:
    """Work that writes down whose step it was, a second each; nothing of it begins before `go`, so that all of it waits
    by then."""

    def __init__(self, threads: int = 16, slice: float = 0.0) -> None:
        self.now = 0.0
        self.turns = Turns(threads, slice, lambda: self.now)
        self.steps: list[str] = []
        self.at_once = self.most_at_once = 0
        self.ended: list[threading.Event] = []
        self._go = threading.Event()
        self._add(lambda turn: self._go.wait(SECONDS), "gate", False)

    def add(self, name: str, steps: int, owner: str = "", low: bool = False, each: float = 1.0) -> Turn:
        def work(turn: Turn) -> None:
            for _ in range(steps):
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                self.steps.append(name)
                self.now += each
                self.at_once -= 1
                turn.give_way()

        return self._add(work, owner or name, low)

    def _add(self, work, owner: str, low: bool) -> Turn:
        over = threading.Event()
        self.ended.append(over)

        def run(turn: Turn) -> None:
            work(turn)
            over.set()

        return self.turns.begin(run, owner, low)

    def go(self) -> list[str]:
        self._go.set()
        assert all(over.wait(SECONDS) for over in self.ended)
        return self.steps


def test_owners_go_round_however_many_computations_each_has():
    bench = Bench()
    for number in range(10):
        bench.add(f"a{number}", 6, owner="a")
    bench.add("b", 6)
    steps = bench.go()
    while_b_waits = [name[0] for name in steps[: len(steps) - steps[::-1].index("b")]]
    assert while_b_waits == ["a", "b"] * 6 and Counter(name[0] for name in steps) == {"a": 60, "b": 6}
    assert bench.most_at_once == 1


def test_who_comes_later_is_next_and_not_behind_all_of_another_owner():
    bench = Bench()
    late: list[Turn] = []

    def work(turn: Turn) -> None:
        bench.steps.append("a0")
        late.append(bench.add("b", 1))
        turn.give_way()
        bench.steps.append("a0")

    bench._add(work, "a", False)
    for number in range(1, 5):
        bench.add(f"a{number}", 3, owner="a")
    assert bench.go()[:2] == ["a0", "b"]


def test_whoever_has_long_steps_gets_no_more_time_than_others():
    bench = Bench()
    bench.add("long", 4, each=5.0)
    bench.add("a", 20), bench.add("b", 20)
    steps = bench.go()
    turns = [place for place, name in enumerate(steps) if name == "long"]
    assert turns == [0, 11, 22, 33]  # behind each of its steps the two others have five


def test_who_comes_late_is_next_once_and_then_has_his_share():
    bench = Bench()

    def work(turn: Turn) -> None:
        for _ in range(6):
            bench.steps.append("a")
            bench.now += 1
            turn.give_way()
        bench.add("b", 4)
        for _ in range(4):
            bench.steps.append("a")
            bench.now += 1
            turn.give_way()

    bench._add(work, "a", False)
    assert "".join(bench.go()) == "aaaaaaa" + "ba" * 3 + "b"


def test_low_priority_goes_on_only_while_nobody_else_waits():
    bench = Bench()
    bench.add("low", 3, low=True)
    bench.add("other low", 2, low=True)
    bench.add("a", 3), bench.add("b", 2)
    steps = bench.go()
    assert steps[:5] == ["a", "b", "a", "b", "a"] and set(steps[5:]) == {"low", "other low"}


def test_low_priority_gives_way_before_its_time_is_over():
    bench = Bench(slice=3600)

    def work(turn: Turn) -> None:
        bench.steps.append("low")
        turn.give_way()
        bench.steps.append("low")
        bench.add("a", 2)
        turn.give_way()
        bench.steps.append("low")

    bench._add(work, "low", True)
    bench.add("low too", 1, low=True)
    assert bench.go() == ["low", "low", "a", "a", "low too", "low"]


def test_low_ones_go_round_among_themselves_though_they_look_often_whether_others_wait():
    bench = Bench(slice=2.0)
    bench.add("low", 8, low=True), bench.add("other low", 8, low=True)
    assert [name[0] for name in bench.go()] == ["l", "l", "o", "o"] * 4


def test_a_low_one_whose_priority_is_raised_goes_round_with_the_others():
    bench = Bench()
    turn = bench.add("low", 2, low=True)
    bench.add("a", 3)
    bench.turns.raise_priority(turn)
    assert bench.go() == ["a", "low", "a", "low", "a"]


def test_a_turn_is_kept_for_its_slice_and_seconds_are_those_it_was_held():
    now, seconds = [0.0], {}
    bench = Bench(slice=0.05)
    bench.turns.clock = lambda: now[0]

    def work(name: str, step: float):
        def run(turn: Turn) -> None:
            for _ in range(4):
                now[0] += step
                bench.steps.append(name)
                turn.give_way()
            seconds[name] = turn.seconds

        return run

    bench._add(work("slow", 0.03), "slow", False), bench._add(work("quick", 0.01), "quick", False)
    assert bench.go() == ["slow"] * 2 + ["quick"] * 4 + ["slow"] * 2
    assert seconds == pytest.approx({"slow": 0.12, "quick": 0.04})


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_few_threads_suffice_for_many_computations(threads):
    bench = Bench(threads)
    for owner in "abcdefgh":
        for number in range(4):
            bench.add(f"{owner}{number}", 3, owner=owner)
    running = threading.active_count()
    steps = bench.go()
    assert Counter(Counter(steps).values()) == {3: 32} and threading.active_count() <= running + threads


def test_one_owner_leaves_threads_to_others():
    bench = Bench(EACH + 2)
    for number in range(6):
        bench.add(f"a{number}", 9, owner="a")
    bench.add("b", 2)
    assert bench.go()[:4] == ["a0", "b", "a1", "b"]


def test_who_does_not_hold_the_turn_is_not_kept_waiting():
    bench = Bench()
    turn = bench.add("a", 2)
    turn.give_way()  # in this thread, while the gate holds it
    assert bench.go() == ["a", "a"]


def parts(name: str, count: int, seen: list[str]) -> Iterator[int]:
    for item in range(count):
        seen.append(name)
        yield item


def gather(results: Results, wanted: dict[str, str], seen: list[str], low: bool = False) -> list[threading.Thread]:
    """Threads that ask for keys, each for its owner."""

    def follow(key: str, owner: str) -> None:
        list(results.ask(key, lambda: parts(key, 5, seen), owner, low))

    threads = [threading.Thread(target=follow, args=one) for one in wanted.items()]
    for thread in threads:
        thread.start()
    return threads


def test_computations_of_results_are_cut_at_their_items_and_all_end():
    results, seen = Results(turns=Turns(2, 0.0)), []
    wanted = {f"{owner}{number}": owner for owner in "abc" for number in range(4)}
    for thread in gather(results, wanted, seen):
        thread.join(SECONDS)
    assert Counter(seen) == dict.fromkeys(wanted, 5) and all(key in results for key in wanted)


@pytest.mark.parametrize("cut", ["at its items", "within one item"])
def test_a_short_call_behind_a_long_one_is_next(cut):
    results, seen = Results(turns=Turns(slice=0.0)), []

    def long() -> Iterator[int]:
        for number in range(1000):
            seen.append("long")
            if number == 3:
                results._held_or_joined("short", partial(parts, "short", 1, seen), "b", False)
            if cut == "at its items":
                yield number
            else:
                give_way()
        yield 1000

    list(results.ask("long", long, "a"))
    assert seen[:5] == ["long"] * 4 + ["short"] and len(seen) == 1001


def test_who_joins_a_low_one_raises_its_priority_and_who_joins_it_low_does_not():
    bench, seen = Bench(), []
    results = Results(turns=bench.turns)
    for key, low in (("joined low", True), ("joined", True), ("a", False), ("joined low", True), ("joined", False)):
        results._held_or_joined(key, partial(parts, key, 2, seen), key, low)
    bench.go()
    for key in ("joined low", "joined", "a"):
        assert list(results.ask(key, partial(parts, key, 2, seen), low=True))[-1] == 1
    assert seen == ["a", "joined", "a", "joined", "joined low", "joined low"]


@pytest.mark.parametrize("threads", [1, 16])
def test_needs_within_needs_end_with_any_number_of_threads_and_owners(small, threads):
    results, ends = Results(turns=Turns(threads, 0.0)), []

    def run(owner: str, salt: str) -> None:
        story = Story(small, Recipe(Picture(noise(32), salt), CLASSES, settings=SETTINGS), results, owner)
        for request in (Weighted(), Defended("a-tpt"), Defended("ss-tpt")):
            story.result(request)
        ends.append(owner)

    asking = [threading.Thread(target=run, args=(owner, salt)) for owner in "abcde" for salt in ("", owner)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(10 * SECONDS)
    assert sorted(ends) == sorted("abcde" * 2)


def test_computations_that_take_turns_give_what_each_gives_alone(small):
    """So no pass is cut while hooks watch it, and none is disturbed by another's."""
    pictures = [noise(32), noise(32).flip(-1)]
    wanted = (Attack(), Defended("a-tpt"), Views("mta"))
    adaptive = replace(SETTINGS, attack=AttackSettings("adaptive", steps=1))
    alone = [[Story(small, recipe(one, adaptive)).result(request) for request in wanted] for one in pictures]
    results = Results(turns=Turns(slice=0.0))
    found: dict[int, list] = {}

    def run(place: int) -> None:
        story = Story(small, recipe(pictures[place], adaptive), results, str(place))
        found[place] = [story.result(request) for request in wanted]

    threads = [threading.Thread(target=run, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10 * SECONDS)
    for place, (attacked, defended, views) in enumerate(alone):
        again = found[place]
        assert torch.equal(again[0].pixels, attacked.pixels)
        assert torch.equal(again[1].prediction.logits, defended.prediction.logits)
        assert torch.equal(again[2].logits, views.logits)


def recipe(pixels: torch.Tensor, settings: Settings = SETTINGS) -> Recipe:
    return Recipe(Picture(pixels), CLASSES, settings=settings)


def test_nothing_gives_way_while_the_models_lock_is_held(tiny, pixels, monkeypatch):
    asked: list[bool] = []
    monkeypatch.setattr(Turns, "pass_on", lambda self, turn: asked.append(tiny.lock.held))
    story = Story(tiny, recipe(pixels, replace(SETTINGS, attack=AttackSettings("adaptive", steps=1))))
    for request in (Attack(), Defended("a-tpt"), Weighted()):
        story.result(request)
    with tiny.lock:
        tiny.encode_image(pixels[None])
    assert len(asked) > 30 and not any(asked)


def test_a_computation_that_waits_for_its_turn_is_cancelled_when_it_comes(tiny, pixels):
    results = Results(turns=Turns(slice=0.0))
    long = Story(tiny, recipe(pixels, replace(SETTINGS, attack=AttackSettings(steps=900))), results, "a")
    steps = long.ask(Attack())
    next(steps)
    short = Story(tiny, recipe(pixels.flip(-1)), results, "b")
    assert torch.equal(short.result(Clean()).logits, predict(tiny, pixels.flip(-1), CLASSES).logits)
    steps.close()
    for thread in threading.enumerate():
        if thread.name in ("story", "attack"):
            thread.join(SECONDS)
            assert not thread.is_alive()
    assert Attack() not in long and not results._running


def test_giving_way_raises_where_the_run_was_cancelled():
    token = threading.Event()
    with pytest.raises(Cancelled), cancelled_by(token):
        give_way()
        token.set()
        give_way()


def test_the_seconds_of_a_result_stand_still_while_others_go_first(tiny, pixels):
    class Waits:
        """A turn that is held for a second at a time, whatever the clock says."""

        seconds = 0.0

        def give_way(self) -> None:
            self.seconds += 1

    turn = Waits()
    with giving_way(turn):
        views = make_views(tiny, pixels, CLASSES, ViewSettings(count=20, kind="crops"))
        attacked = result_of(attack(tiny, pixels, CLASSES, AttackSettings(steps=4)))
    assert views.seconds == 19 + 3 and attacked.seconds == 4 + 4  # crops and parts of eight; forward and back
    assert turn.seconds > 30 and own_seconds() != turn.seconds


def test_once_stopped_nobody_gets_a_turn_and_who_has_one_is_waited_for():
    turns, held, steps = Turns(slice=0.0), threading.Event(), []

    def work(turn: Turn) -> None:
        steps.append(turn.owner)
        held.wait(SECONDS)
        turn.give_way()
        steps.append("never")

    turns.begin(work, "a")
    turns.begin(work, "b")
    assert not turns.stop(0.05)  # in the middle of its step
    held.set()
    assert turns.stop(SECONDS)
    turns.begin(work, "c")
    assert steps == ["a"] and turns.load == (1, 2)


def test_with_nothing_under_way_stopping_waits_for_nobody():
    turns, done = Turns(), threading.Event()
    turns.begin(lambda turn: done.set())
    assert done.wait(SECONDS) and turns.stop(SECONDS)
