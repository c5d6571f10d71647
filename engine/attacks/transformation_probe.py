"""What an attack looks through that is made to survive what happens to pictures."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import Tensor

from ..transformations import TRANSFORMATIONS, Transformation, middle
from .looks import CHANGES
from .probes import ChanceProbe, Glance, cut_out


class TransformationProbe(ChanceProbe):
    """Answers with the mean logits of the picture and of `CHANGES` transformations of it, drawn anew at every glance.

    The model is shown what a transformation makes of the 8-bit picture. The gradient is passed straight through it, or
    through a crop's own window (BPDA, Athalye et al., ICML 2018).
    """

    def glance(self, picture: Tensor, place: int) -> Glance:
        drawn = self.rngs[place].choice(len(TRANSFORMATIONS), CHANGES, replace=False)
        every = [*TRANSFORMATIONS.values()]
        whole = (picture[0].detach().cpu() * 255).round().byte().permute(1, 2, 0).numpy()
        changed = [_changed(every[number], picture, whole) for number in drawn]
        return Glance(torch.cat([picture, *changed]), partial(self.average, place))


def _changed(change: Transformation, picture: Tensor, whole: np.ndarray) -> Tensor:
    """What it makes of the picture (1, 3, s, s), whose 8-bit pixels are `whole`; its gradient is the picture's."""
    made = torch.from_numpy(change.work(whole).copy()).permute(2, 0, 1)[None].to(picture) / 255
    followed = picture
    if change.window < 1:
        first, kept = middle(picture.shape[-1], change.window)
        followed = cut_out(picture[0], [(first, first, kept, kept, 0)])
    return followed + (made - followed).detach()
