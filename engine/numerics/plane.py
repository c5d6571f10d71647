"""The plane of the joint space that three sentences span, in which answers are placed by their logits."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import EngineError

FLAT = 1e-4  # as a share of the sentences' longest extent: below it they do not span a plane


@dataclass(frozen=True, eq=False, slots=True)
class Plane:
    """The two directions along which the sentences of three `classes` (3,) differ, their principal components.

    A picture with feature f lies where its shadow falls on them, in units of cosine: at `axes @ (l - mean l) / scale`
    for its logits l (3,). `tips` (3, 2) are the centred sentences. Which of the three leads, and by how much, can be
    read off exactly: class i leads j by `scale * (tips[i] - tips[j]) @ place`, so all ties are straight lines through
    the origin.
    """

    classes: Tensor
    axes: Tensor  # (2, 3)
    tips: Tensor
    scale: float

    def place(self, logits: Tensor) -> Tensor:
        """Where answers lie, from logits over all classes (..., c) to (..., 2)."""
        chosen = logits[..., self.classes]
        return (chosen - chosen.mean(-1, keepdim=True)) @ self.axes.T / self.scale

    def leads(self, places: Tensor) -> Tensor:
        """By how many logits each of the three leads their mean at a place, (..., 2) -> (..., 3)."""
        return self.scale * places @ self.tips.T


def plane_of(text_features: Tensor, classes: Tensor, scale: float) -> Plane:
    """The plane of the sentences with these numbers (3,), among unit text features (c, d).

    It is turned so that the first class leads the second to the right of the upright line on which they tie, and the
    third lies above. Raises `EngineError` for sentences that span no plane.
    """
    chosen = text_features[classes].double()
    shapes, lengths, _ = torch.linalg.svd(chosen - chosen.mean(0), full_matrices=False)
    if lengths[1] <= FLAT * max(float(lengths[0]), FLAT):
        raise EngineError("Expected three sentences that span a plane; got three that all lie on one line.")
    tips = shapes[:, :2] * lengths[:2]
    turn = _upright(tips)
    axes = turn @ (shapes[:, :2] / lengths[:2]).T
    return Plane(classes, axes.float(), (tips @ turn.T).float(), scale)


def _upright(tips: Tensor) -> Tensor:
    """The rotation, and reflection if need be, (2, 2), that brings tip 0 to the right of tip 1 and tip 2 above them."""
    across = tips[0] - tips[1]
    across = across / across.norm()
    up = torch.stack([-across[1], across[0]])
    return torch.stack([across, up if (tips[2] - tips[1]) @ up >= 0 else -up])
