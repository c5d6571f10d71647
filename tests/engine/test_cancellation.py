"""A run is cancelled at the next layer of its model by its own token, and leaves the model as it was."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from contextvars import copy_context

import pytest
import torch

from engine.classes import Classes
from engine.models import Backbone, Cancelled, cancelled_by
from engine.models.predict import predict
from engine.settings import AttackSettings
from engine.story.attack import attack

CLASSES = Classes(("cat", "dog", "red fox"))


@contextmanager
def counted(backbone: Backbone, number: int, token: threading.Event) -> Iterator[list[torch.nn.Module]]:
    """The layers without layers of their own in the order of their calls; the call of that number sets the token."""
    called = []

    def count(layer, args, output):
        called.append(layer)
        if len(called) == number:
            token.set()

    leaves = [layer for layer in backbone.model.modules() if not list(layer.children())]
    handles = [layer.register_forward_hook(count) for layer in leaves]
    try:
        yield called
    finally:
        for handle in handles:
            handle.remove()


def hooks(backbone: Backbone) -> int:
    return sum(len(layer._forward_pre_hooks) + len(layer._forward_hooks) for layer in backbone.model.modules())


def test_the_next_layer_cancels_and_no_hook_is_left(tiny, pixels):
    token = threading.Event()
    with counted(tiny, 5, token) as called, pytest.raises(Cancelled), tiny.cancellable(token):
        predict(tiny, pixels, CLASSES)
    assert len(called) == 5 and hooks(tiny) == 0


def test_a_run_that_nobody_cancels_gives_the_same_and_leaves_no_hook(tiny, pixels):
    with tiny.cancellable(threading.Event()):
        inside = predict(tiny, pixels, CLASSES)
        assert hooks(tiny) == len(list(tiny.model.modules()))
    assert hooks(tiny) == 0 and torch.equal(inside.logits, predict(tiny, pixels, CLASSES).logits)


def test_a_token_that_is_set_already_begins_nothing(tiny):
    token, begun = threading.Event(), []
    token.set()
    with pytest.raises(Cancelled), tiny.cancellable(token):
        begun.append(1)
    assert not begun and hooks(tiny) == 0


def test_a_closed_attack_leaves_no_hook(tiny, pixels):
    with tiny.cancellable(threading.Event()), closing(attack(tiny, pixels, CLASSES, AttackSettings())) as steps:
        next(steps)
        assert hooks(tiny) > 0
    assert hooks(tiny) == 0


def test_an_attack_is_cancelled_in_its_own_thread(tiny, pixels):
    token = threading.Event()
    with pytest.raises(Cancelled), tiny.cancellable(token):
        for step in attack(tiny, pixels, CLASSES, AttackSettings(steps=1000)):
            if step.index == 3:
                token.set()
    assert hooks(tiny) == 0 and not any(thread.name == "attack" for thread in threading.enumerate())


def test_of_several_threads_on_one_model_only_the_cancelled_one_ends(tiny, pixels):
    tokens, ends = [threading.Event() for _ in range(3)], {}
    tokens[1].set()
    expected = predict(tiny, pixels, CLASSES).logits
    together = threading.Barrier(3)

    def run(place: int) -> None:
        together.wait()
        try:
            with tiny.cancellable(tokens[place]):
                ends[place] = torch.equal(predict(tiny, pixels, CLASSES).logits, expected)
        except Cancelled:
            ends[place] = "cancelled"

    threads = [threading.Thread(target=run, args=(place,)) for place in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == {0: True, 1: "cancelled", 2: True} and hooks(tiny) == 0


def test_hooks_alone_cancel_nothing_and_last_until_the_last_run_has_left(tiny, pixels):
    one = tiny.cancellation_hooks.in_place()
    with one, tiny.cancellation_hooks.in_place():
        assert hooks(tiny) == len(list(tiny.model.modules()))
        predict(tiny, pixels, CLASSES)
    assert hooks(tiny) == 0


def test_the_token_reaches_threads_in_a_copied_context_and_goes_with_its_with(tiny, pixels):
    token, ends = threading.Event(), []

    def work() -> None:
        try:
            predict(tiny, pixels, CLASSES)
        except Cancelled:
            ends.append("cancelled")

    with tiny.cancellation_hooks.in_place():
        with cancelled_by(token):
            context = copy_context()
        token.set()
        predict(tiny, pixels, CLASSES)  # this thread's run has no token any more
        thread = threading.Thread(target=context.run, args=(work,))
        thread.start()
        thread.join()
    assert ends == ["cancelled"]
