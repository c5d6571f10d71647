"""Cancelling a run in the middle of computing: every layer of a model asks for it, as one call may take seconds.

It takes hooks on the layers (`LayerHooks.in_place`) and a token that says whose run this is (`cancelled_by`);
`Backbone.cancellable` sets up both. A generator must not hold a token across a `yield`, as that would set it for the
caller too: it keeps the hooks in place, and whoever asks it for its items sets the token around each `next`.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn
    from torch.utils.hooks import RemovableHandle

_token: ContextVar[threading.Event | None] = ContextVar("cancellation token", default=None)


class Cancelled(Exception):
    """The token of this run was set."""


@contextmanager
def cancelled_by(token: threading.Event) -> Generator[None]:
    """Inside, `token` is that of the run, for this thread and those that it starts in a copy of its context.

    Raises `Cancelled` at once where the token is set already. Not for around a `yield`.
    """
    outer = _token.set(token)
    try:
        raise_if_cancelled()
        yield
    finally:
        _token.reset(outer)


class LayerHooks:
    """The hooks that make the layers of `model` ask for the token: one a layer, however many runs there are.

    `lock` is held while hooks come and go, so that no pass through the model that holds it sees them change.
    """

    def __init__(self, model: nn.Module, lock: AbstractContextManager[None]) -> None:
        self._model, self._lock = model, lock
        self._runs = 0
        self._handles: list[RemovableHandle] = []

    @contextmanager
    def in_place(self) -> Generator[None]:
        """Inside, a layer that is called raises `Cancelled` where the token of its run is set; the last run to leave
        takes the hooks away."""
        with self._lock:
            if not self._runs:
                self._handles = [layer.register_forward_pre_hook(_before_layer) for layer in self._model.modules()]
            self._runs += 1
        try:
            yield
        finally:
            with self._lock:
                self._runs -= 1
                if not self._runs:
                    for handle in self._handles:
                        handle.remove()
                    self._handles = []


def _before_layer(layer: nn.Module, args: tuple) -> None:
    raise_if_cancelled()


def raise_if_cancelled() -> None:
    """Raises `Cancelled` where the token of this run is set."""
    token = _token.get()
    if token is not None and token.is_set():
        raise Cancelled
