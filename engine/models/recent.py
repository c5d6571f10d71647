"""What was worked out for the latest label sets, so that asking again costs nothing."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from ..classes import Classes

ROOM = 64  # label sets
Value = TypeVar("Value")


class Recent(Generic[Value]):
    """The values of the label sets that were asked for last; not safe to use from two threads at once.

    There is room for `room`, of which each value takes what `size` says of it (left out: 1).
    """

    def __init__(self, room: float = ROOM, size: Callable[[Value], float] = lambda value: 1) -> None:
        self._room, self._size = room, size
        self._kept: OrderedDict[Classes, Value] = OrderedDict()

    def get(self, classes: Classes, make: Callable[[Classes], Value]) -> Value:
        """The value of `classes`, by `make` where it is not kept."""
        value = self._kept.pop(classes) if classes in self._kept else make(classes)
        self._kept[classes] = value
        while sum(map(self._size, self._kept.values())) > self._room:
            self._kept.popitem(last=False)
        return value
