"""How a run lets go in the middle of computing: each layer of a model asks, whenever it is called, whether to go on.

One call of the engine may take seconds and cannot be left from outside. What it spends them on are layers, so these are
the places to end at; the engine knows nothing of it. On a host that lends its accelerator the layers run in another
process, which does not hear of it; there a run ends with the engine's next result.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from weakref import WeakSet

from torch import nn

_prepared: WeakSet[nn.Module] = WeakSet()
_asked: ContextVar[threading.Event | None] = ContextVar("asked", default=None)


class Stopped(Exception):
    """The visitor has stopped this run."""


class Runs:
    """The runs that have begun and not ended, at most one a visitor; safe for several threads."""

    def __init__(self) -> None:
        self._stops: dict[str, threading.Event] = {}

    @contextmanager
    def begun(self, key: str) -> Iterator[threading.Event]:
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
    """`updates` as they come. Once `stop` is set, `Stopped` is raised: before the next one, or within it by a layer of
    a model that `lets_go` has prepared."""
    while True:
        outer = _asked.set(stop)  # for each update anew: they may be asked for from different threads
        try:
            _go_on()
            update = next(updates)
        except StopIteration:
            return
        finally:
            _asked.reset(outer)
        yield update


def lets_go(model: nn.Module) -> None:
    """From now on `until` can end what this model computes, at every call of a layer."""
    if model in _prepared:
        return
    _prepared.add(model)
    for layer in model.modules():
        layer.register_forward_pre_hook(_before_layer)


def _before_layer(layer: nn.Module, given: tuple) -> None:
    _go_on()


def _go_on() -> None:
    stop = _asked.get()
    if stop is not None and stop.is_set():
        raise Stopped
