"""Which visitor's run is to end, and its end: at the next layer of a model, or before the next update of the page.

On a host that lends its accelerator the layers run in another process, which does not hear of it; there a run ends with
the engine's next result.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import engine


class Runs:
    """The runs that have begun and not ended, at most one a visitor; safe for several threads."""

    def __init__(self) -> None:
        self._stops: dict[str, threading.Event] = {}

    @contextmanager
    def begun(self, key: str) -> Generator[threading.Event]:
        """Inside, the visitor `key` has a run, which is to end when the event is set."""
        stop = self._stops[key] = threading.Event()
        try:
            yield stop
        finally:
            if self._stops.get(key) is stop:
                del self._stops[key]

    def going(self, key: str) -> bool:
        """Whether the visitor has a run."""
        return key in self._stops

    def stop(self, key: str) -> bool:
        """Tell the visitor's run to end; whether there is one."""
        stop = self._stops.get(key)
        if stop is not None:
            stop.set()
        return stop is not None


def until(stop: threading.Event, updates: Iterator) -> Iterator:
    """`updates` as they come. Once `stop` is set, `engine.models.Cancelled` is raised: before the next one, or within
    it by a layer of the model, whoever runs it.
    """
    while True:
        try:
            with engine.models.cancelled_by(stop):  # for each update anew: different threads may ask for them
                update = next(updates)
        except StopIteration:
            return
        yield update
