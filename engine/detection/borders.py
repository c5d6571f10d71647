"""A border about pictures, around them or inside their frame, as TTP (CVPR 2026, arXiv 2512.16523) puts it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

SHARE = 1 / 7  # of the picture's side, on each of its sides
Border = Callable[["Tensor", "Tensor"], "Tensor"]  # pictures (n, 3, s, s), a canvas (3, t, t) -> (n, 3, s, s)


def around(pictures: Tensor, canvas: Tensor) -> Tensor:
    """The pictures in the middle of a canvas that is larger by a border, shrunk to their own size."""
    return _resized(_placed(pictures, canvas), pictures.shape[-1])


def inside(pictures: Tensor, canvas: Tensor) -> Tensor:
    """The pictures, shrunk by a border, in the middle of a canvas of their own size."""
    width = border_width(pictures.shape[-1])
    return _placed(_resized(pictures, pictures.shape[-1] - 2 * width), canvas)


def border_width(size: int) -> int:
    """In pixels, of a picture with sides of `size`; at least one."""
    return max(1, round(SHARE * size))


def canvas_size(size: int, border: Border) -> int:
    """Of the canvas that this border puts pictures of `size` on."""
    return size + 2 * border_width(size) if border is around else size


def _placed(pictures: Tensor, canvas: Tensor) -> Tensor:
    import torch.nn.functional as F

    edge = (canvas.shape[-1] - pictures.shape[-1]) // 2
    hole = F.pad(pictures.new_zeros(pictures.shape[-2:]), (edge,) * 4, value=1.0)
    return F.pad(pictures, (edge,) * 4) + hole * canvas.to(pictures)


def _resized(pictures: Tensor, size: int) -> Tensor:
    import torch.nn.functional as F

    return F.interpolate(pictures, (size, size), mode="bilinear", antialias=True).clamp(0, 1)
