"""What an attack follows in place of a defence's views: the same changes of the picture, as far as they are smooth."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..attacks.probes import cut_out
from ..results import ViewSet
from ..settings import ViewSettings
from ..views.everyday import smooth
from ..views.perspective import draw_corners, warped


def followed(views: ViewSet, settings: ViewSettings, picture: Tensor) -> Tensor:
    """Stand-ins (n, 3, s, s) for views that were made by `settings`, attached to the picture (3, s, s)."""
    if settings.kind == "perspective":
        size, numbers = picture.shape[-1], range(1, len(views))
        corners = [draw_corners(size, np.random.default_rng((settings.seed, view))) for view in numbers]
        return torch.stack([picture, *(warped(picture, each) for each in corners)])
    cut = cut_out(picture, views.crops.tolist())
    if settings.kind != "everyday":
        return cut
    return torch.stack([cut[0], *(smooth(view)(seen) for view, seen in enumerate(cut[1:], 1))])
