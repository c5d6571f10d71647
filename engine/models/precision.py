"""The number formats that a model's weights may have; what is worked out from its features is at least float32."""

from __future__ import annotations

import torch
from torch import Tensor

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def at_least_single(values: Tensor) -> Tensor:
    """`values` as they are where they have at least float32, else as float32."""
    return values.to(torch.promote_types(values.dtype, torch.float32))
