"""What a pass through the image tower takes, counted by torch; it depends on no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.utils.module_tracker import ModuleTracker

from .device import has_bf16
from .model import Backbone

if TYPE_CHECKING:
    from torch.utils.flop_counter import FlopCounterMode


class _Unnamed(ModuleTracker):
    """In place of the counter's look at which module is at work. That one's hooks stand on the modules of all threads:
    they end gradients of inner tensors, and those of a thread that is in the middle of a pass."""

    def __enter__(self) -> _Unnamed:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def counter_of_this_thread(**options: Any) -> FlopCounterMode:
    """torch's counter, which prints nothing and leaves other threads alone; `options` as it takes them."""
    from torch.utils.flop_counter import FlopCounterMode  # with triton, of which 75 MB stay in memory

    counter = FlopCounterMode(display=False, **options)
    counter.mod_tracker = _Unnamed()
    return counter


def pass_operations(backbone: Backbone) -> int:
    """Floating-point operations of one picture's pass forward, those of matrix products and convolutions."""
    size, device = backbone.image_size, backbone.device
    with counter_of_this_thread() as counter, torch.no_grad():
        backbone.encode_image(torch.zeros(1, 3, size, size, device=device))
    return counter.get_total_flops()


def is_slow(backbone: Backbone, most: float) -> bool:
    """Whether a pass takes more than `most` operations on a processor without instructions for bfloat16."""
    return backbone.device.type == "cpu" and not has_bf16(backbone.device) and pass_operations(backbone) > most
