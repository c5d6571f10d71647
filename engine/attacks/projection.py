"""The ball of changes that an attack may make: in floats, and in the whole levels of 1/255 that a file can hold."""

from __future__ import annotations

import torch
from torch import Tensor

from ..cells import Cells
from ..settings import AttackSettings


def into_ball(pixels: Tensor, clean: Tensor, epsilon: float, norm: str) -> Tensor:
    """The change from `clean` to `pixels`, both (b, 3, s, s), cut to `epsilon`: clamped for linf, shortened for l2."""
    change = pixels - clean
    if norm == "linf":
        return (clean + change.clamp(-epsilon, epsilon)).clamp(0, 1)
    lengths = change.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
    return (clean + change * (epsilon / lengths.clamp_min(1e-12)).clamp(max=1)).clamp(0, 1)


def confined(change: Tensor, settings: AttackSettings) -> Tensor:
    """A change (b, 3, s, s) with zeros where the settings let nothing change."""
    if not settings.only_cells:
        return change
    inside = Cells.parse(settings.only_cells).pixels(change.shape[-1]).to(change.device)
    return torch.where(inside, change, 0)


def size_of(change: Tensor, norm: str) -> float:
    """How long a change (3, s, s) is: its largest absolute value for linf, its Euclidean length for l2."""
    return float(change.abs().max() if norm == "linf" else change.norm())


def to_8_bits(pixels: Tensor, clean: Tensor, epsilon: float, norm: str = "linf") -> Tensor:
    """`pixels` (3, s, s) rounded to n/255 and brought back, in whole levels, into the ball of `epsilon` around `clean`.

    Rounding alone leaves the Linf ball by one level where a bound falls between two levels, and the L2 ball where
    changes are rounded up.
    """
    middle = (clean * 255).round()
    levels = (pixels * 255).round().clamp(0, 255)
    change, radius = levels - middle, epsilon * 255 + 1e-6  # the small term keeps 4/255 * 255 from becoming 3
    if norm == "linf":
        change = change.clamp(-int(radius), int(radius))
    else:
        change = _shortened(change, pixels * 255 - middle, radius)
    return (middle + change) / 255


def rounded_to_8_bits(pixels: Tensor) -> Tensor:
    """`pixels` rounded to n/255, for changes that have no ball to stay in."""
    return (pixels * 255).round().clamp(0, 255) / 255


def cut_to_8_bits(pixels: Tensor) -> Tensor:
    """`pixels` cut off to the level of 1/255 below, as the official codes do: up to one level outside the ball."""
    return (pixels * 255).floor() / 255


def _shortened(change: Tensor, wanted: Tensor, radius: float) -> Tensor:
    """Whole levels `change` moved towards zero, one level at a time, until their length is at most `radius`.

    Those that rounding took furthest beyond `wanted` go first.
    """
    sizes = change.abs().flatten().double()
    beyond = sizes - wanted.abs().flatten()
    while (excess := float(sizes.square().sum()) - radius**2) > 0:
        order = torch.where(sizes > 0, beyond, -torch.inf).argsort(descending=True, stable=True)
        saved = (2 * sizes[order] - 1).clamp_min(0).cumsum(0)
        moved = order[: int((saved < excess).sum()) + 1]
        moved = moved[sizes[moved] > 0]
        sizes[moved] -= 1
        beyond[moved] -= 1
    return change.sign() * sizes.view(change.shape).to(change.dtype)
