"""Random starts that repeat themselves and leave everybody else's random numbers alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

FRESH = (torch.rand, torch.randn)  # make a tensor
FILL = (Tensor.uniform_, Tensor.normal_)  # fill one


class SeededStart(TorchFunctionMode):
    """Inside this `with`, random starts come from generators of our own, so the global generator stays untouched.

    There is a generator per seed. With several, each draw is for a batch of as many pictures, and each picture's part
    is what it would draw alone. torchattacks takes no generator. A mode holds for its own thread only, so attacks in
    other threads do not disturb each other; drawing on the CPU gives one start on every device.
    """

    def __init__(self, seeds: Sequence[int]) -> None:
        super().__init__()
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def __torch_function__(self, func, types, args: tuple = (), kwargs: dict | None = None):
        given = kwargs or {}
        if "generator" in given:  # drawn here already: one such `with` may stand in another
            return func(*args, **given)
        if func in FRESH:
            return self._drawn(args[0], lambda shape, own: func(shape, generator=own, **given))
        if func not in FILL:
            return func(*args, **given)
        target, *rest = args
        drawn = self._drawn(target.shape, lambda shape, own: func(torch.empty(shape), *rest, generator=own, **given))
        return target.copy_(drawn)

    def _drawn(self, shape: Sequence[int], draw: Callable[[Sequence[int], torch.Generator], Tensor]) -> Tensor:
        if len(self.generators) == 1:
            return draw(shape, self.generators[0])
        return torch.stack([draw(shape[1:], own) for own in self.generators])
