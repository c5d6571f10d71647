"""Floating-point operations as torch's counter counts them: two for each product that is added, of matrix products,
convolutions and attention, forward and back; all else is left out."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.flop_counter import sdpa_backward_flop_count, sdpa_flop_count

from ..models.operations import counter_of_this_thread
from .literal import Passes
from .schedules import SCHEDULES, Draws, answered


def operations(work: Callable[[], object]) -> int:
    """How many operations `work` takes in this thread; it is carried out."""
    with counter_of_this_thread(custom_mapping=_ATTENTION_ON_CPU) as counter, _attention_in_parts():
        work()
    return counter.get_total_flops()


def literal_operations(name: str, passes: Passes, draws: Draws) -> int:
    """How many operations the schedule of a key of `SCHEDULES` takes; none is carried out.

    All maps take the same, so one is counted.
    """
    with FakeTensorMode(allow_non_fake_inputs=True):
        if name != "a-tpt":
            return operations(lambda: SCHEDULES[name](passes, draws))
        one = operations(lambda: passes.map(draws.crops[0], passes.start()))
        return one * (len(draws.crops) - 1) + operations(lambda: answered(passes, draws.views))


@contextmanager
def _attention_in_parts() -> Generator[None]:
    """Inside, torch's multi-head attention is not one operation, which the counter would pass over."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def _forward(query: Any, key: Any, value: Any, *rest: Any, out_shape: Any = None, **named: Any) -> int:
    return sdpa_flop_count(query, key, value)


def _back(slope: Any, query: Any, key: Any, value: Any, *rest: Any, out_shape: Any = None, **named: Any) -> int:
    return sdpa_backward_flop_count(slope, query, key, value)


_ATTENTION_ON_CPU = {  # which torch's counter does not know (2.14)
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _forward,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward: _back,
}
