"""Random starts that repeat themselves and leave everybody else's random numbers alone."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

FRESH = (torch.rand, torch.randn)  # make a tensor
FILL = (Tensor.uniform_, Tensor.normal_)  # fill one


class SeededStart(TorchFunctionMode):
    """Inside this `with`, random starts come from a generator of our own, so the global generator stays untouched.

    torchattacks takes no generator. A mode holds for its own thread only, so attacks in other threads do not
    disturb each other; drawing on the CPU gives one start on every device.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.generator = torch.Generator().manual_seed(seed)

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func in FRESH:
            return func(*args, generator=self.generator, **(kwargs or {}))
        if func not in FILL:
            return func(*args, **(kwargs or {}))
        target, *rest = args
        return target.copy_(func(torch.empty(target.shape), *rest, generator=self.generator))
