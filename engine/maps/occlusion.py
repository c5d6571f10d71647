"""Does the answer hang on what a map points at? Blur its strongest patches first, or bring them back first."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.transforms import functional as TF

from ..classes import Classes
from ..errors import require
from ..models import Backbone
from ..models.predict import check_pixels

STEPS = 14  # of patches taken away, or brought back, between which the curves are drawn
BLUR_KERNEL, BLUR_SIGMA, BLUR_SIDE = 11, 5.0, 224  # Petsiuk et al.: pixels, on pictures of 224 a side


@dataclass(frozen=True, eq=False, slots=True)
class Occlusion:
    """The probability of class `label` while patches are taken away or brought back, the map's strongest first.

    `deletion` starts at the whole picture and ends at the blurred one, `insertion` goes the other way; `fractions` of
    the patches, from 0 to 1, are blurred or brought back at each point.
    """

    fractions: Tensor  # (steps + 1,)
    deletion: Tensor  # (steps + 1,)
    insertion: Tensor  # (steps + 1,)
    label: int

    @property
    def deletion_area(self) -> float:
        """Area under the deletion curve, in [0, 1]: low where the map found what the answer hangs on."""
        return float(torch.trapezoid(self.deletion, self.fractions))

    @property
    def insertion_area(self) -> float:
        """Area under the insertion curve, in [0, 1]: high where what the map found is enough for the answer."""
        return float(torch.trapezoid(self.insertion, self.fractions))


@torch.no_grad()
def occlude(
    backbone: Backbone, pixels: Tensor, values: Tensor, classes: Classes, label: int, steps: int = STEPS, seed: int = 0
) -> Occlusion:
    """Deletion and insertion of a map's values (gh, gw) on a picture (3, s, s), both with blur for what is missing
    (Petsiuk et al., BMVC 2018, who delete to grey; a blur is no edge that the model has never seen).

    Patches of equal value go in an order that chance draws from `seed`, as a map that knows nothing has it. All
    pictures are encoded at once. Raises `EngineError` for a map without two dimensions, a class that is not there, or
    fewer than one step.
    """
    check_pixels(backbone, pixels)
    require(values.dim() == 2, f"Expected a map with rows and columns; got one of shape {tuple(values.shape)}.")
    require(0 <= label < len(classes), f"Expected a class number from 0 to {len(classes) - 1}; got {label}.")
    require(steps >= 1, f"Expected at least one step; got {steps}.")
    count = values.numel()
    taken = torch.linspace(0, count, steps + 1).round().long()
    chosen = (_ranks(values.flatten(), seed) < taken[:, None]).float().view(-1, 1, *values.shape)
    masks = F.interpolate(chosen, pixels.shape[-2:], mode="nearest")
    blurred = blur(pixels)
    shown = torch.cat([torch.where(masks > 0, blurred, pixels), torch.where(masks > 0, pixels, blurred)])
    logits = backbone.logits(backbone.encode_image(shown), backbone.encode_text(classes))
    deletion, insertion = logits.float().softmax(-1)[:, label].clone().cpu().chunk(2)
    return Occlusion(taken / count, deletion, insertion, label)


def _ranks(values: Tensor, seed: int) -> Tensor:
    """The place of each of n values, the largest being 0, equal ones in an order drawn by chance, (n,)."""
    drawn = torch.randperm(len(values), generator=torch.Generator().manual_seed(seed))
    return drawn[values[drawn].argsort(descending=True, stable=True)].argsort()


def blur(pixels: Tensor) -> Tensor:
    """A picture (3, s, s) in which no patch can be told any more: a Gaussian of 5 pixels on 224, cut at 11 pixels."""
    scale = pixels.shape[-1] / BLUR_SIDE
    kernel = max(3, round(BLUR_KERNEL * scale) // 2 * 2 + 1)
    return TF.gaussian_blur(pixels, [kernel, kernel], [BLUR_SIGMA * scale] * 2)
