"""Modules whose weights a file is going to give are made without drawing random ones first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

DRAWING = {
    Tensor.normal_, Tensor.uniform_,
    nn.init.normal_, nn.init.uniform_, nn.init.kaiming_uniform_, nn.init.xavier_uniform_,
}  # fmt: skip


class Undrawn(TorchFunctionMode):
    """In this thread no tensor is filled with random numbers, which takes a third of the time of loading a model.

    Only for modules of which every weight is loaded afterwards: the others would be whatever memory held.
    """

    def __torch_function__(
        self, func: Callable, types: Any, args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        return (given["tensor"] if "tensor" in given else args[0]) if func in DRAWING else func(*args, **given)
