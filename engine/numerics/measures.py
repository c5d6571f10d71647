"""Numbers that describe predictions, features and maps: pure tensor functions that know no model."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import require


def entropy(logits: Tensor) -> Tensor:
    """Entropy of softmax(logits) in nats over the last axis, (..., c) -> (...), from 0 to log c; never nan."""
    logs = logits.log_softmax(-1)
    return -(logs.exp() * logs).sum(-1)


def marginal_entropy(logits: Tensor) -> Tensor:
    """Entropy in nats of the mean of k predictions, (k, c) -> (), computed from logarithms (TPT's loss)."""
    return entropy(mean_log_probability(logits))


def mean_log_probability(logits: Tensor) -> Tensor:
    """Logarithm of the mean probability of k predictions, (k, c) -> (c,)."""
    return logits.log_softmax(-1).logsumexp(0) - logits.new_tensor(len(logits)).log()


def neighbour_similarity(features: Tensor, neighbours: int, masked: Tensor | None = None) -> Tensor:
    """Mean cosine of each unit feature to its min(neighbours, n - 1) nearest others, (n, d) -> (n,) in [-1, 1].

    A single feature has no others and scores 0. `masked` (n, n) marks the pairs that do not count; None marks each
    feature and itself.
    """
    if len(features) == 1:
        return features.new_zeros(1)
    if masked is None:
        masked = torch.eye(len(features), dtype=torch.bool, device=features.device)
    cosines = (features @ features.t()).masked_fill(masked, -math.inf)
    return cosines.topk(min(neighbours, len(features) - 1), -1).values.mean(-1)


def total_variation(maps: Tensor, mean: bool = True) -> Tensor:
    """Anisotropic total variation of maps (n, gh, gw) -> (n,): mean, or sum, of absolute differences of neighbouring
    cells."""
    down, right = maps.diff(dim=-2).abs(), maps.diff(dim=-1).abs()
    total = down.flatten(1).sum(-1) + right.flatten(1).sum(-1)
    return total / max(down[0].numel() + right[0].numel(), 1) if mean else total


def is_flat(values: Tensor) -> bool:
    """Whether a map is the same in all its cells, so that none is stronger than another."""
    return bool(values.min() == values.max())


def spearman(first: Tensor, second: Tensor) -> float:
    """Rank correlation of two maps of one shape, in [-1, 1]; ties share their mean rank. nan where either map is flat:
    its cells have no order."""
    if is_flat(first) or is_flat(second):
        return math.nan
    a, b = (ranks - ranks.mean() for ranks in (_ranks(first), _ranks(second)))
    return float((a @ b) / (a.norm() * b.norm()))


def _ranks(values: Tensor) -> Tensor:
    _, places, counts = values.flatten().unique(return_inverse=True, return_counts=True)
    return (counts.cumsum(0) - (counts - 1) / 2).double()[places]


def top_cells(values: Tensor, share: float = 0.2) -> Tensor:
    """Which cells are a map's strongest: the `share` with the largest values, bool of the map's shape.

    Cells as strong as the last of them are all in, so that the set may be larger; cells at the map's minimum never are,
    so that it may be smaller, and is empty where the map is flat.
    """
    count = max(1, round(share * values.numel()))
    return (values >= values.flatten().topk(count).values[-1]) & (values > values.min())


def top_iou(first: Tensor, second: Tensor, share: float = 0.2) -> float:
    """Overlap (intersection over union, in [0, 1]) of the strongest cells of two maps, those of `top_cells`; nan where
    either map is flat and has none."""
    if is_flat(first) or is_flat(second):
        return math.nan
    a, b = (top_cells(values, share) for values in (first, second))
    return int((a & b).sum()) / int((a | b).sum())


def ssim(first: Tensor, second: Tensor) -> float:
    """Structural similarity of two maps (gh, gw), each first scaled to [0, 1] by its own limits; at most 1 (Wang et
    al., TIP 2004; used on maps by Adebayo et al., NeurIPS 2018). Means over all windows of 3 by 3 cells; nan where
    either map is flat and cannot be scaled."""
    if is_flat(first) or is_flat(second):
        return math.nan
    low, high = 0.01**2, 0.03**2  # that paper's constants for values in [0, 1]
    a, b = (_windows((v.double() - v.min()) / (v.max() - v.min())) for v in (first, second))
    (a_mean, b_mean), (a_spread, b_spread) = (a.mean(-1), b.mean(-1)), (a.var(-1), b.var(-1))
    together = ((a - a_mean[..., None]) * (b - b_mean[..., None])).sum(-1) / (a.shape[-1] - 1)
    alike = (2 * a_mean * b_mean + low) * (2 * together + high)
    return float((alike / ((a_mean**2 + b_mean**2 + low) * (a_spread + b_spread + high))).mean())


def picture_ssim(first: Tensor, second: Tensor) -> float:
    """Structural similarity of two pictures (3, h, w) in [0, 1]: 1 where they are equal, the less the more one sees of
    what they differ in (Wang et al., TIP 2004, with the Gaussian window of that paper), as scikit-image has it.

    Raises `EngineError` for pictures of two sizes, or with a side of less than 11 pixels.
    """
    require(first.shape == second.shape, f"Expected two pictures of one size; got {first.shape} and {second.shape}.")
    require(min(first.shape[1:]) >= 11, f"Expected pictures of 11 x 11 pixels or more; got {tuple(first.shape[1:])}.")
    from skimage.metrics import structural_similarity  # it takes a while to import

    a, b = (picture.cpu().double().numpy() for picture in (first, second))
    kind = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return float(structural_similarity(a, b, channel_axis=0, data_range=1.0, **kind))


def _windows(values: Tensor) -> Tensor:
    height, width = (min(3, size) for size in values.shape)
    return values.unfold(0, height, 1).unfold(1, width, 1).flatten(2)


def coverage(mask: Tensor, grid: tuple[int, int]) -> Tensor:
    """The share of each cell of `grid` that a mask (h, w) covers, (gh, gw) in [0, 1]."""
    return F.adaptive_avg_pool2d(mask[None].float(), grid)[0]


def peak(values: Tensor) -> Tensor:
    """Rows and columns of a map's strongest cell, (k, 2): several where cells are equal, none where the map is flat."""
    return ((values == values.max()) & (values > values.min())).nonzero()


def pointing_hit(values: Tensor, mask: Tensor) -> bool:
    """Pointing game (Zhang et al., IJCV 2018) on a patch grid: whether the middle of the strongest cell of a map
    (gh, gw) lies on the mask (h, w). Of several equal cells all must; a flat map points nowhere."""
    cells = peak(values)
    down, across = ((2 * cells[:, axis] + 1) * mask.shape[axis] // (2 * values.shape[axis]) for axis in (0, 1))
    return len(cells) > 0 and bool(mask[down, across].all())


def energy_inside(values: Tensor, mask: Tensor) -> float:
    """The share of a map's positive part (gh, gw) that lies on the mask (h, w), in [0, 1]; 0 where it has none."""
    positive = values.clamp_min(0).double()
    rows, columns = values.shape
    inside = (positive * coverage(mask, (rows, columns)).double()).sum()
    return float(inside / positive.sum().clamp_min(1e-300))


def centre_shift(first: Tensor, second: Tensor) -> float:
    """Distance between the centres of mass of two maps' positive parts (gh, gw), in sides of the picture, in
    [0, 1.42]; nan where either has none."""
    return float((_centre(first) - _centre(second)).norm())


def _centre(values: Tensor) -> Tensor:
    mass = values.double().clamp_min(0)
    rows, columns = ((torch.arange(size, dtype=mass.dtype) + 0.5) / size for size in mass.shape)
    return torch.stack([mass.sum(1) @ rows, mass.sum(0) @ columns]) / mass.sum()


# How alike two maps of one shape are; nan where a flat or an empty map leaves nothing to compare.
MAP_SIMILARITY: dict[str, Callable[[Tensor, Tensor], float]] = {
    "rank correlation": spearman,
    "structural similarity": ssim,
    "top fifth in common": top_iou,
    "centre moved": centre_shift,
}
