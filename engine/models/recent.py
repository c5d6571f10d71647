"""What was worked out for the latest label sets, so that asking again costs nothing."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from ..classes import Classes

ROOM = 64  # label sets
Value = TypeVar("Value")


class Recent(Generic[Value]):
    """The values of the `ROOM` label sets that were asked for last; not safe to use from two threads at once."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Classes, Value] = OrderedDict()

    def get(self, classes: Classes, make: Callable[[Classes], Value]) -> Value:
        """The value of `classes`, by `make` where it is not kept."""
        if classes not in self._kept:
            self._kept[classes] = make(classes)
        self._kept.move_to_end(classes)
        if len(self._kept) > ROOM:
            self._kept.popitem(last=False)
        return self._kept[classes]
