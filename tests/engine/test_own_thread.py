"""What is computed apart leaves no thread behind."""

import threading
from contextvars import ContextVar

import pytest

from engine.models import apart

KNOWN = ContextVar("known", default="nothing")


def test_it_is_another_thread_which_has_ended_when_its_result_is_there():
    KNOWN.set("what the caller knows")
    thread, known = apart(lambda: (threading.current_thread(), KNOWN.get()))
    assert thread is not threading.current_thread() and not thread.is_alive()
    assert known == "what the caller knows"


def test_what_it_raises_comes_to_who_asked():
    with pytest.raises(ZeroDivisionError):
        apart(lambda: 1 // 0)
