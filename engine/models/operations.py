"""What a pass through the image tower takes, counted by torch; it depends on no clock."""

from __future__ import annotations

import torch
from torch.utils.flop_counter import FlopCounterMode

from .device import has_bf16
from .model import Backbone


def pass_operations(backbone: Backbone) -> int:
    """Floating-point operations of one picture's pass forward, those of matrix products and convolutions."""
    size, device = backbone.image_size, backbone.device
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        backbone.encode_image(torch.zeros(1, 3, size, size, device=device))
    return counter.get_total_flops()


def is_slow(backbone: Backbone, most: float) -> bool:
    """Whether a pass takes more than `most` operations on a processor without instructions for bfloat16."""
    return backbone.device.type == "cpu" and not has_bf16(backbone.device) and pass_operations(backbone) > most
