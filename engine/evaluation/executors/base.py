"""What an evaluation needs of an executor: the same results for any number of workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from ...models import Backbone

Work = Callable[[Backbone, Any], Any]  # work(backbone, item) -> result; work, items and results must be picklable
Each = Callable[[Work, Iterable[Any]], Iterator[Any]]  # each(work, items) -> the results, in the order of the items


class Executor(Protocol):
    """A pool of workers, each with the model named `model` loaded."""

    @property
    def model(self) -> str:
        """The name that it is loaded by."""
        ...

    def start(self) -> AbstractContextManager[Each]:
        """A context manager that starts the workers, gives a function `Each` to use them, and stops them at its end."""
        ...
