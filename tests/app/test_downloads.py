"""Downloads: one for all who wait for a name, ended when the last has left."""

import threading

import pytest

import engine
from app.downloads import Downloads
from engine.results import Download


class Bringing:
    """A download of one piece after the other, each when `step` is called."""

    def __init__(self, error=None):
        self.error, self.begun, self.ended = error, [], threading.Event()
        self.steps = threading.Semaphore(0)

    def __call__(self, name, report):
        self.begun.append(name)
        try:
            for done in (1, 2, 3):
                assert self.steps.acquire(timeout=30)
                report(Download("weights", done, 3))
            if self.error is not None:
                raise self.error
        finally:
            self.ended.set()


def until_done(pieces, done):
    """Take from `pieces` until one says so."""
    return next(piece for piece in pieces if piece is not None and piece.done == done)


def test_all_who_wait_for_a_name_see_one_download():
    bring = Bringing()
    downloads = Downloads(bring)
    first, second = downloads.follow("a"), downloads.follow("a")
    assert next(first) is None and next(second) is None
    bring.steps.release()
    assert until_done(first, 1) == until_done(second, 1) == Download("weights", 1, 3)
    bring.steps.release(2)
    assert {piece.done for piece in (*first, *second)} <= {1, 2, 3} and bring.begun == ["a"]


def test_it_goes_on_while_one_of_them_waits_and_ends_when_none_does():
    bring = Bringing()
    downloads = Downloads(bring)
    first, second = downloads.follow("a"), downloads.follow("a")
    next(first), next(second)
    first.close()
    bring.steps.release()
    until_done(second, 1)
    second.close()
    bring.steps.release()
    assert bring.ended.wait(30)  # before its third piece
    assert not bring.steps.acquire(blocking=False)
    again = downloads.follow("a")
    next(again)
    assert bring.begun == ["a", "a"]
    bring.steps.release(3)
    list(again)


def test_what_it_ends_with_reaches_all_and_is_not_kept():
    bring = Bringing(engine.EngineError("The hub has no such model."))
    downloads = Downloads(bring)
    both = downloads.follow("a"), downloads.follow("a")
    for each in both:
        next(each)
    bring.steps.release(3)
    for each in both:
        with pytest.raises(engine.EngineError, match="no such model"):
            list(each)
    bring.error = None
    bring.steps.release(3)
    assert all(piece is None or piece.done <= 3 for piece in downloads.follow("a"))


def test_a_run_that_is_to_end_leaves():
    downloads, stop = Downloads(Bringing()), threading.Event()
    pieces = downloads.follow("a")
    next(pieces)
    with pytest.raises(engine.models.Cancelled), engine.models.cancelled_by(stop):
        stop.set()
        next(pieces)
