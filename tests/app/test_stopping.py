"""A run that is to end does so at the next layer of a model, whatever it computes, and nobody else's run does."""

import threading
from contextlib import closing

import pytest
import torch
from PIL import Image

import engine
from app.panels.batch import _answered, own_pictures
from app.picture_sources import PictureSources
from app.run import Worker
from app.stopping import Runs, until
from engine.models import Cancelled
from tests.page_cases import CHOICES, CLASSES


@pytest.fixture
def halting(tiny):
    """A function that gives an event which is set when a thread has called a number of layers of the tiny model, and a
    list that grows with each layer that is called after that."""
    stop, after, handles = threading.Event(), [], []

    def at(number: int, thread: str = "MainThread") -> tuple[threading.Event, list]:
        called = []

        def count(layer, given, output):
            if threading.current_thread().name == thread:
                called.append(layer)
            if stop.is_set():
                after.append(layer)
            if len(called) == number:
                stop.set()

        leaves = [layer for layer in tiny.model.modules() if not list(layer.children())]
        handles.extend(layer.register_forward_hook(count) for layer in leaves)
        return stop, after

    yield at
    for handle in handles:
        handle.remove()


PARTS = ["attack", "maps", "views", "tune", "defences", "occlusion", "every", "heads", "words"]


@pytest.mark.parametrize("part", PARTS)
def test_every_part_ends_at_the_very_next_layer_and_keeps_what_was_there(job, told, halting, part):
    stop, after = halting(5)
    with pytest.raises(Cancelled), closing(job.events(part)) as events:
        for event in until(stop, events):
            job.take(event)
    assert stop.is_set() and after == []
    assert hooks(job.worker.backbone.model) == {0}
    assert job.store.get("me").adversarial is told.adversarial and job.store.get("me").views is told.views


def test_an_attack_ends_in_its_own_thread(job, halting):
    stop, after = halting(5, "attack")
    with pytest.raises(Cancelled):
        list(until(stop, job.events("attack")))
    assert stop.is_set() and after == []


def test_an_attack_inside_a_longer_call_ends_too(tiny, tmp_path, halting):
    Image.new("RGB", (64, 64), "red").save(tmp_path / "a.png")
    openers = own_pictures(PictureSources(tiny, ()), [str(tmp_path / "a.png")], "", CLASSES.names)
    stop, after = halting(5, "attack")
    with pytest.raises(Cancelled):
        list(until(stop, _answered(Worker(tiny), openers, CHOICES.settings(), CHOICES)))
    assert stop.is_set() and after == []


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


def test_who_was_not_stopped_computes_on_meanwhile(tiny, pixels, halting):
    stop, _ = halting(5)

    def stopped_midway():
        yield "started"
        yield Worker(tiny).one("predict", pixels, CLASSES)

    running = until(stop, stopped_midway())
    assert next(running) == "started"
    with pytest.raises(Cancelled):
        next(running)
    others = list(until(threading.Event(), Worker(tiny).stream("predict", pixels, CLASSES)))
    assert len(others) == 1 and torch.equal(others[0].logits, engine.predict(tiny, pixels, CLASSES).logits)


def hooks(model: torch.nn.Module) -> set[int]:
    """The numbers of hooks that ask before a layer of the model, one number for each layer, each once."""
    return {len(layer._forward_pre_hooks) for layer in model.modules()}


def test_a_model_that_several_pages_show_asks_once_a_layer(tiny, pixels):
    streams = [Worker(tiny).stream("attack", pixels, CLASSES, CHOICES.settings().attack) for _ in range(2)]
    assert hooks(tiny.model) == {0}
    for stream in streams:
        next(stream)
        assert hooks(tiny.model) == {1}
    streams[0].close()
    assert hooks(tiny.model) == {1}
    streams[1].close()
    assert hooks(tiny.model) == {0}


@pytest.mark.parametrize("part", PARTS)
def test_no_hook_is_left_after_a_run_that_ends(job, part):
    list(until(threading.Event(), job.events(part)))
    model = job.worker.backbone.model
    assert hooks(model) == {0} and not any(layer._forward_hooks for layer in model.modules())


def test_a_visitors_run_can_be_stopped_while_it_goes_on():
    runs = Runs()
    assert not runs.stop("me") and not runs.going("me")
    with runs.begun("me") as stop, runs.begun("you") as other:
        assert runs.going("me") and not stop.is_set()
        assert runs.stop("me") and stop.is_set() and not other.is_set()
    assert not runs.going("me") and not runs.stop("me")
    with pytest.raises(ValueError), runs.begun("me"):
        raise ValueError
    assert not runs.going("me")


def test_of_two_runs_of_a_visitor_the_later_is_the_one_to_stop():
    runs = Runs()
    first = runs.begun("me")
    earlier = first.__enter__()
    with runs.begun("me") as later:
        first.__exit__(None, None, None)
        assert runs.going("me") and runs.stop("me")
        assert later.is_set() and not earlier.is_set()
