"""Where a model lives and in which number format: what this machine can do, and moving a model there."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from ..errors import EngineError, require
from .memory import enough_memory
from .precision import AUTO, PRECISIONS, dtype_of
from .towers import Clip


def choose_device(device: str | None = None) -> torch.device:
    """`device` if given and not `auto`, else CUDA, else Apple's MPS, else the CPU.

    Raises `EngineError` for one that is not there.
    """
    if device in (None, "auto"):
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        torch.zeros(1, device=device)
        return torch.device(device)
    except (RuntimeError, AssertionError) as error:
        raise EngineError(f"Expected a device such as cpu or cuda; “{device}” is not available here.") from error


def choose_format(precision: str, device: torch.device) -> torch.dtype:
    """The number format of that name, of `auto` the one that `device` is made for.

    Every device computes in fp32, so that is not tried: a process that has computed a gradient before it has a GPU can
    compute none there. Raises `EngineError` for one that is not there or that `device` cannot use.
    """
    offered = f"{', '.join(PRECISIONS)} or {AUTO}"
    require(precision in PRECISIONS or precision == AUTO, f"Expected a precision of {offered}; got “{precision}”.")
    if precision == AUTO:
        precision = "bf16" if has_bf16(device) else "fp32"
    if precision == "fp32":
        return dtype_of(precision)
    try:
        with torch.enable_grad():
            x = torch.zeros(1, 3, 4, 4, device=device, dtype=dtype_of(precision), requires_grad=True)
            torch.autograd.grad(F.layer_norm(F.conv2d(x, x[..., :1, :1]) @ x, (4,)).sum(), x)
    except (RuntimeError, TypeError) as error:
        raise EngineError(f"{device} cannot compute in {precision}; choose another precision.") from error
    return dtype_of(precision)


def has_bf16(device: torch.device) -> bool:
    """Whether the device has instructions for products of bfloat16, by its flags: what a result is does not depend on
    how busy the machine is. Without them bf16 takes four times as long as fp32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    flags = getattr(torch.cpu, "get_capabilities", dict)  # an older torch does not tell
    return device.type == "cpu" and any(flags().get(flag, False) for flag in ("avx512_bf16", "amx_bf16"))


def place(model: Clip, device: torch.device, dtype: torch.dtype) -> None:
    """Move the model; the scale of its logits stays exact, as a rounded one would change every confidence.

    Raises `EngineError` for a device that has not enough memory.
    """
    scale = model.logit_scale.data.clone()
    with enough_memory(f"this model on {device}"):
        model.to(device, dtype)
    model.logit_scale.data = scale.to(device)
