"""The number formats that a model's weights may have; what is worked out from its features is at least float32."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import Tensor

PRECISIONS = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}  # as torch calls them
AUTO = "auto"  # whichever the machine is made for


def dtype_of(precision: str) -> torch.dtype:
    """The number format of a key of `PRECISIONS`."""
    import torch

    return getattr(torch, PRECISIONS[precision])


def at_least_single(values: Tensor) -> Tensor:
    """`values` as they are where they have at least float32, else as float32."""
    import torch

    return values.to(torch.promote_types(values.dtype, torch.float32))
