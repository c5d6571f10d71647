"""A run that is to end does so at the next layer of a model, whatever it computes, and nobody else's run does."""

import threading
from collections.abc import Iterator

import pytest
import torch
from PIL import Image

import engine
from app.components.upload import Upload
from app.models import Models
from app.panels.batch import _answered, own_pictures
from app.picture_sources import PictureSources
from app.state.history import Look
from app.state.parts import PARTS, Account, rows_computed
from app.wiring.stopping import Run, Runs, until
from engine.models import Cancelled
from engine.story import Attack, Clean, Results
from tests.page_cases import CHOICES, CLASSES, EVERYTHING, THROUGH, asked, held, picture, run

SECONDS = 20  # for a thread that should have moved on long ago
NEEDED = {  # what is there before a part is computed, so that it is the part itself that is stopped
    "clean": (), "adversarial": ("clean",), "maps": ("adversarial",), "guide": ("adversarial",),
    "occlusion": ("maps",), "every": ("adversarial",), "words": ("adversarial",), "heads": ("adversarial",),
    "lens": ("adversarial",),
    "views": ("adversarial",), "steps": ("views",),
    "defences": ("adversarial",), "survival": ("adversarial",), "detection": ("adversarial",),
    "placed": ("ensemble",), "through": ("adversarial",), "severities": ("clean",),
}  # fmt: skip


class Halting:
    """Sets `stop` once a thread that computes has called a number of layers of a model, and holds that layer until
    `left` is set; `after` are the layers that are called from then on."""

    def __init__(self, model: torch.nn.Module, number: int) -> None:
        self.stop, self.left, self.number = threading.Event(), threading.Event(), number
        self.threads: set[threading.Thread] = set()
        self.called: list[torch.nn.Module] = []
        self.after: list[torch.nn.Module] = []
        leaves = [layer for layer in model.modules() if not list(layer.children())]
        self.handles = [layer.register_forward_hook(self._count) for layer in leaves]

    def _count(self, layer, given, output) -> None:
        self.threads.add(threading.current_thread())
        if self.stop.is_set():
            self.after.append(layer)
            return
        self.called.append(layer)
        if len(self.called) == self.number:
            self.stop.set()
            assert self.left.wait(SECONDS)

    def ended(self, updates: Iterator) -> None:
        """Ask for the updates until they are cancelled, and wait for who computes them."""
        try:
            with pytest.raises(Cancelled):
                list(until(self.stop, updates))
        finally:
            self.left.set()
        for thread in self.threads - {threading.current_thread()}:
            thread.join(SECONDS)
            assert not thread.is_alive()


@pytest.fixture
def halting(tiny):
    """A function that makes a `Halting` of the tiny model."""
    made = []

    def at(number: int) -> Halting:
        made.append(Halting(tiny.model, number))
        return made[-1]

    yield at
    for halting in made:
        halting.left.set()
        for handle in halting.handles:
            handle.remove()


def hooks(model: torch.nn.Module) -> set[int]:
    """The numbers of hooks that ask before a layer of the model, one number for each layer, each once."""
    return {len(layer._forward_pre_hooks) for layer in model.modules()}


def test_every_part_that_passes_through_the_model_is_stopped_in_the_next_test():
    assert set(NEEDED) == set(PARTS) - {"ensemble"}


@pytest.mark.slow
@pytest.mark.parametrize("part", NEEDED)
def test_every_part_ends_at_the_very_next_layer_and_keeps_what_was_there(tiny, halting, part):
    choices = THROUGH if part == "through" else CHOICES
    question = asked(tiny.with_model(tiny.model, tiny.name), Results(), choices)  # which has read no prompts yet
    before = run(question, NEEDED[part])
    halted = halting(5)
    halted.ended(rows_computed(question, part))
    assert halted.stop.is_set() and halted.after == [] and {one.name for one in halted.threads} == {"story"}
    assert hooks(tiny.model) == {0}
    found = held(question, PARTS)
    assert part not in found.made and all(found.made[name] == before.made[name] for name in NEEDED[part])


@pytest.mark.parametrize("part", ["adversarial", "steps", "defences"])
def test_what_was_stopped_can_be_computed_at_once(tiny, question, told, halting, part):
    fresh = asked(tiny, Results())
    halted = halting(40)
    halted.ended(rows_computed(fresh, part))
    assert run(fresh, (part,)).made[part] == told.made[part]


def test_an_attack_inside_a_longer_call_ends_too(tiny, tmp_path, halting):
    Image.new("RGB", (64, 64), "red").save(tmp_path / "a.png")
    openers = own_pictures(PictureSources(tiny, ()), [Upload(str(tmp_path / "a.png"), "a.png")], "", CLASSES.names)
    halted = halting(40)
    halted.ended(_answered(Models(tiny), tiny, openers, CHOICES.settings(), CHOICES, Account()))
    assert halted.after == []


def test_what_one_visitor_leaves_goes_on_for_another(tiny, halting):
    results, many = Results(), CHOICES._replace(steps=10)
    mine, yours = (asked(tiny, results, many, owner=owner) for owner in ("me", "you"))
    run(mine, ("clean",))
    halted, told = halting(150), []  # some steps into the attack
    other = threading.Thread(target=lambda: told.extend(rows_computed(yours, "adversarial")))
    other.start()
    assert halted.stop.wait(SECONDS)
    stopped = until(threading.Event(), rows_computed(mine, "adversarial"))
    next(item for _, item in stopped if isinstance(item, engine.AttackStep))
    stopped.close()
    halted.left.set()
    other.join(SECONDS)
    assert halted.after and told[-2][1] is mine.story.result(Attack())


def test_once_stopped_nothing_more_is_asked_for():
    stop, asked = threading.Event(), []

    def updates():
        for number in range(3):
            asked.append(number)
            yield number

    running = until(stop, updates())
    assert next(running) == 0
    stop.set()
    with pytest.raises(Cancelled):
        next(running)
    assert asked == [0]
    assert list(until(threading.Event(), updates())) == [0, 1, 2]


def test_who_asks_for_something_else_computes_on_meanwhile(tiny, halting):
    halted = halting(5)
    halted.ended(rows_computed(asked(tiny, Results()), "clean"))
    fresh = asked(tiny, Results())
    *_, (_, found), _ = until(threading.Event(), rows_computed(fresh, "clean"))
    expected = engine.predict(tiny, fresh.story.recipe.picture.pixels, CLASSES).logits
    assert torch.equal(found.logits, expected) and Clean() in fresh.story


def test_a_model_that_several_visitors_use_asks_once_a_layer(tiny):
    questions = [asked(tiny, Results(), CHOICES._replace(steps=40)) for _ in range(2)]
    streams = [rows_computed(question, "adversarial") for question in questions]
    assert hooks(tiny.model) == {0}
    for stream in streams:
        next(item for _, item in stream if isinstance(item, engine.AttackStep))
        assert hooks(tiny.model) == {1}
    for stream in streams:
        list(stream)
    for thread in threading.enumerate():
        if thread.name == "story":
            thread.join(SECONDS)
    assert hooks(tiny.model) == {0}


@pytest.mark.slow
@pytest.mark.parametrize("part", EVERYTHING)
def test_no_hook_is_left_after_a_run_that_ends(tiny, part):
    list(until(threading.Event(), rows_computed(asked(tiny, Results()), part)))
    assert hooks(tiny.model) == {0} and not any(layer._forward_hooks for layer in tiny.model.modules())


def test_a_visitors_run_can_be_stopped_while_it_goes_on():
    runs = Runs()
    with runs.begun("me", Run(1)) as run, runs.begun("you", Run(1)) as other:
        assert runs.going("me") and not run.stop.is_set()
        runs.stop("me", 2)
        assert run.stop.is_set() and not other.stop.is_set()
    assert not runs.going("me")
    with pytest.raises(ValueError), runs.begun("me", Run(3)):
        raise ValueError
    assert not runs.going("me")


def test_stop_ends_all_that_was_pressed_before_it_and_nothing_that_comes_after():
    runs = Runs()
    with (
        runs.begun("me", Run(1)) as one,
        runs.begun("me", Run(2, live=True)) as other,
        runs.begun("me", Run(5)) as later,
    ):
        runs.stop("me", 4)
        assert one.stop.is_set() and other.stop.is_set() and not later.stop.is_set()
    with runs.begun("me", Run(3)) as late, runs.begun("me", Run(5)) as new, runs.begun("you", Run(3)) as another:
        assert late.stop.is_set()  # it was pressed before Stop and comes behind it
        assert not new.stop.is_set() and not another.stop.is_set()


def test_it_is_known_what_began_before_a_turn_and_what_was_pressed_after_it():
    runs = Runs()
    with runs.begun("me", Run(1)), runs.begun("me", Run(5, live=True)):
        assert runs.going("me", before=2) and not runs.going("me", before=1)
        assert runs.pressed_since("me", 0) and not runs.pressed_since("me", 1)  # what is live was not pressed
    with runs.begun("me", Run(4)), runs.begun("me", Run(3)):
        pass
    assert runs.pressed_since("me", 3) and not runs.pressed_since("me", 4) and not runs.pressed_since("you", 0)


def test_who_moves_on_ends_what_is_computed_live_for_earlier_turns_alone():
    runs = Runs()
    with (
        runs.begun("me", Run(1, live=True)) as old,
        runs.begun("me", Run(2, live=True)) as new,
        runs.begun("me", Run(1)) as run,
    ):
        runs.overtake("me", 1)
        assert old.stop.is_set() and not new.stop.is_set() and not run.stop.is_set()
    with (
        runs.begun("me", Run(1, live=True)) as late,
        runs.begun("me", Run(1)) as run,
        runs.begun("me", Run(2, live=True)) as new,
    ):
        assert late.stop.is_set()  # it comes behind the word that its turn has passed
        assert not run.stop.is_set() and not new.stop.is_set()


def test_runs_that_go_on_alone_go_one_after_the_other_for_each_visitor():
    runs, order, waiting = Runs(), [], threading.Event()

    def second() -> None:
        with runs.begun("me", Run(2, alone=True)) as run:
            waiting.set()
            runs.wait_in_line("me", run)
            order.append("second")

    with runs.begun("me", Run(1, alone=True)) as run, runs.begun("me", Run(1, live=True)):
        runs.wait_in_line("me", run)
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(SECONDS) and runs.others("you") == 1 and runs.others("me") == 0
        with runs.begun("you", Run(1, alone=True)) as other:
            runs.wait_in_line("you", other)
            order.append("another visitor")
        order.append("first")
    thread.join(SECONDS)
    assert order == ["another visitor", "first", "second"]


def test_a_run_in_line_that_is_stopped_waits_no_longer():
    runs = Runs()
    with runs.begun("me", Run(1, alone=True)), runs.begun("me", Run(2, alone=True)) as second:
        runs.stop("me", 3)
        runs.wait_in_line("me", second)
        assert second.stop.is_set()


def looked_at(tiny, seed=1, choices=CHOICES, model=""):
    return Look(model, picture(tiny, seed), choices, frozenset())


def test_a_button_pressed_again_for_the_same_does_nothing_and_for_something_else_ends_what_it_did(tiny):
    runs, here, button = Runs(), looked_at(tiny), object()
    first = Run(1, alone=True, pressed=button, about=here)
    elsewhere = Run(1, alone=True, pressed=object(), about=here)
    with runs.begun("me", first), runs.begun("me", elsewhere), runs.begun("you", Run(1, pressed=button, about=here)):
        with runs.begun("me", again := Run(2, alone=True, pressed=button, about=looked_at(tiny))):
            assert runs.repeats("me", again) and not first.stop.is_set()
        other = Run(3, alone=True, pressed=button, about=looked_at(tiny, choices=CHOICES._replace(seed=7)))
        with runs.begun("me", other):
            assert not runs.repeats("me", other)
            assert first.stop.is_set() and first.left and not elsewhere.stop.is_set() and not other.stop.is_set()
            with runs.begun("me", back := Run(4, alone=True, pressed=button, about=here)):
                assert not runs.repeats("me", back) and other.left  # what is ended already does it no more


def test_a_run_that_is_about_no_picture_is_begun_once(tiny):
    runs, button = Runs(), object()
    with runs.begun("me", Run(1, alone=True, pressed=button)), runs.begun("me", Run(2, True, pressed=button)) as again:
        assert runs.repeats("me", again)


@pytest.mark.parametrize(
    ("seed", "model", "ends"), [(1, "", False), (2, "", True), (1, "another", True)], ids=["same", "picture", "model"]
)
def test_another_picture_or_model_ends_the_runs_that_were_about_the_one_before(tiny, seed, model, ends):
    runs = Runs()
    about, none, other = Run(1, about=looked_at(tiny)), Run(1), Run(1, about=looked_at(tiny))
    with runs.begun("me", about), runs.begun("me", none), runs.begun("you", other):
        runs.look("me", looked_at(tiny, seed, CHOICES._replace(seed=9), model))
        assert (about.stop.is_set(), about.left) == (ends, ends)
        assert not none.stop.is_set() and not other.stop.is_set()
