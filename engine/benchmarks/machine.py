"""What this machine reaches: its best rate of matrix products, and the most memory that some work takes."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import torch

from ..models.precision import dtype_of

SIDES = (1024, 2048, 3072)
TRIES = 4
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def matrix_rates(device: torch.device, precisions: Iterable[str]) -> dict[str, float]:
    """`matrix_rate` in each of these keys of `PRECISIONS`."""
    return {name: matrix_rate(device, dtype_of(name)) for name in precisions}


def matrix_rate(device: torch.device, dtype: torch.dtype) -> float:
    """Operations a second of the fastest of a few large matrix products in this number format."""
    return max(2 * side**3 / _product_seconds(side, device, dtype) for side in SIDES for _ in range(TRIES))


def _product_seconds(side: int, device: torch.device, dtype: torch.dtype) -> float:
    first, second = (torch.randn(side, side).to(device, dtype) for _ in range(2))
    settle(device)
    started = time.perf_counter()
    torch.mm(first, second)
    settle(device)
    return time.perf_counter() - started


def settle(device: torch.device) -> None:
    """Wait until the device has done all that it was given; a CPU has."""
    if device.type != "cpu":
        torch.accelerator.synchronize()


def forget_peak(device: torch.device) -> None:
    """Let `peak_memory_gb` begin anew, where the system can: on Linux and on CUDA."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    elif RESET.exists():
        RESET.write_text("5", encoding="ascii")  # proc(5): the high-water mark becomes what is resident now


def peak_memory_gb(device: torch.device) -> float:
    """Most memory since the last `forget_peak`, in GB: CUDA's own, else what was resident of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e9
    if STATUS.exists():
        return next(int(line.split()[1]) for line in STATUS.read_text().splitlines() if "VmHWM" in line) * 1024 / 1e9
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
