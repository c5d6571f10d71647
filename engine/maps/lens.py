"""The lens: which class every patch would be answered with after every layer, if it were what the tower ends with.

After nostalgebraist's logit lens (2020), for the image tower of a CLIP: a token goes through the tower's own last norm
and projection and is held against the class sentences. Of all these, the class token after the last layer alone was
trained to be read so.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..classes import Classes
from ..errors import require
from ..models import Backbone
from ..models.memory import enough_memory
from ..models.predict import check_pixels
from ..settings import LensSettings
from .heads import summary_logits

NEAREST = 5  # classes that are kept of each patch


@dataclass(frozen=True, eq=False, slots=True)
class Lens:
    """The readings of one picture from the first layer to the last, on the CPU; the `grid` of patches is (gh, gw).

    `logits` are those of the class token (or of the mean of the patches, where the tower averages them), as in
    `AttentionHeads`. `words` are the numbers of the classes that fit a patch best, the best first (k of them: five, or
    as many as there are), `shares` their probabilities among all classes, `leads` by how many logits the first
    leads the second.
    """

    classes: Classes
    logits: Tensor  # (layers, c)
    words: Tensor  # (layers, gh, gw, k) int64
    shares: Tensor  # (layers, gh, gw, k)
    leads: Tensor  # (layers, gh, gw)

    def share_read_as(self, label: int) -> Tensor:
        """After each layer, the share of the patches that are read as this class, (layers,)."""
        return (self.words[..., 0] == label).float().mean((1, 2))

    def share_other_than(self, other: Lens) -> Tensor:
        """After each layer, the share of the patches that are read as another class than in `other`, (layers,)."""
        return (self.words[..., 0] != other.words[..., 0]).float().mean((1, 2))


@enough_memory("every patch of one picture")
def lens(backbone: Backbone, pixels: Tensor, classes: Classes, settings: LensSettings) -> Lens:
    """Read off every patch of a picture (3, s, s) in one forward pass of a vision transformer.

    Raises `EngineError` for towers that are none.
    """
    check_pixels(backbone, pixels)
    require(
        backbone.kind == "vit",
        f"{backbone.name} leaves no patches that could be read off; choose a model whose image tower is a plain ViT.",
    )
    text = backbone.encode_text(classes)
    trace = backbone.trace(pixels[None], backbone.layers)
    with torch.no_grad():
        summary = summary_logits(backbone, trace, text)
        left = trace.left if settings.lens == "tokens" else backbone.unmixed(trace)
        logits = torch.stack([backbone.logits(backbone.read_token(tokens[0, 1:]), text) for tokens in left])
        shares, words = logits.softmax(-1).topk(min(NEAREST, len(classes)), -1)
        leads = logits.topk(2, -1).values.float()
    grids = [one.unflatten(1, backbone.grid).cpu() for one in (words, shares.float(), leads[..., 0] - leads[..., 1])]
    return Lens(classes, summary.float().cpu(), *grids)
