"""Parts side by side: each in a thread that computes by itself, with the results of one after the other."""

import os
import threading
from contextvars import copy_context

import pytest
import torch

from engine.classes import Classes
from engine.maps.attend import attention_maps
from engine.models import Cancelled
from engine.models.abreast import abreast
from engine.models.batches import Batches
from engine.models.lock import ModelLock
from engine.settings import AttentionSettings

CLASSES = Classes(("cat", "dog", "bird"))


@pytest.fixture
def two_threads():
    """This process computes with two threads, as on two cores that it need not share."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_results_are_in_order_and_as_many_are_worked_out_at_once_as_there_are_threads(two_threads):
    meeting = threading.Barrier(2)

    def work(number: int) -> int:
        meeting.wait(60)  # passed by two at a time only
        return number

    assert abreast([lambda number=number: work(number) for number in range(6)]) == [*range(6)]


def test_each_computes_by_itself_and_threads_to_come_do_as_before(two_threads):
    assert abreast([torch.get_num_threads] * 4) == [1] * 4
    later = []
    thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert torch.get_num_threads() == 2 and later == [2]


def test_gradients_are_built_or_not_as_where_it_is_asked_for(two_threads):
    assert abreast([torch.is_grad_enabled] * 2) == [True] * 2
    with torch.no_grad():
        assert abreast([torch.is_grad_enabled] * 2) == [False] * 2


def test_the_first_failure_is_raised_when_all_have_ended(two_threads):
    ended = []

    def fail(number: int) -> None:
        ended.append(number)
        raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        abreast([lambda number=number: fail(number) for number in range(4)])
    assert sorted(ended) == [*range(4)]


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_process_that_is_forked_has_threads_of_its_own(two_threads):
    abreast([torch.get_num_threads] * 2)
    child = os.fork()
    if child == 0:
        os._exit(0 if abreast([torch.get_num_threads] * 2) == [1, 1] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_features_and_maps_are_bit_for_bit_those_of_one_thread(tiny, request):
    pixels = torch.rand(32, 3, 64, 64, generator=torch.Generator().manual_seed(3))

    def everything() -> list[torch.Tensor]:
        with torch.no_grad():
            features = tiny.encode_image(pixels)
        maps = attention_maps(tiny, pixels, tiny.encode_text(CLASSES), AttentionSettings("relevance"))
        return [features, maps.raw, maps.labels]

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    alone = everything()
    torch.set_num_threads(before)
    request.getfixturevalue("two_threads")
    assert all(torch.equal(one, other) for one, other in zip(everything(), alone, strict=True))


def test_what_does_not_fit_side_by_side_is_done_alone_before_it_is_halved(two_threads):
    given, room = [], threading.Semaphore(1)

    def work(numbers: torch.Tensor) -> torch.Tensor:
        given.append(len(numbers))
        if not room.acquire(blocking=False):
            raise torch.OutOfMemoryError("CUDA out of memory.")
        try:
            if len(given) <= 2:
                together.wait(60)
            return 2 * numbers
        finally:
            room.release()

    together = threading.Event()
    threading.Timer(0.2, together.set).start()
    batches, numbers = Batches(4, "one number", lock=ModelLock()), torch.arange(10)
    assert torch.equal(torch.cat(batches.run(work, numbers)), 2 * numbers)
    assert given == [4, 4, 4, 4, 2] and batches.size == 4


def test_a_cancelled_run_ends_in_the_middle(tiny, two_threads):
    token = threading.Event()
    handle = tiny.visual.ln_post.register_forward_pre_hook(lambda *args: token.set())
    try:
        with pytest.raises(Cancelled), tiny.cancellable(token), torch.no_grad():
            tiny.encode_image(torch.rand(32, 3, 64, 64))
    finally:
        handle.remove()
    assert not tiny.lock.held
    assert tiny.encode_image(torch.rand(32, 3, 64, 64)).shape[0] == 32


def test_whoever_works_for_the_holder_of_a_lock_holds_it_and_nobody_else(two_threads):
    lock, order = ModelLock(), []

    def take(name: str) -> None:
        with lock, lock:
            order.append(name)

    other = threading.Thread(target=take, args=("other",))
    with lock:
        other.start()
        helper = threading.Thread(target=copy_context().run, args=(take, "helper"))
        helper.start()
        helper.join(60)
        other.join(0.2)
        assert order == ["helper"] and lock.held
    other.join(60)
    assert order == ["helper", "other"] and not lock.held
