"""Augmented views of one picture: AugMix, or A-TPT's mixing by attention. Encodes each view once; tunes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..classes import Classes
from ..maps.attend import attention_maps
from ..models import Backbone
from ..models.giving_way import give_way, own_seconds
from ..models.predict import check_pixels
from ..numerics.measures import spearman
from ..numerics.mixing import HIGH, LOW, MIDDLE
from ..numerics.rollout import quantiles
from ..results import ViewSet
from ..settings import AttentionSettings, ViewSettings
from . import augmix, crops, everyday, perspective

CHANGES = {"perspective": perspective.change, "everyday": everyday.change}  # those that are not cut by chance


def make_views(backbone: Backbone, pixels: Tensor, classes: Classes, settings: ViewSettings) -> ViewSet:
    """`settings.count` views of pixels (3, s, s); view 0 is the picture itself, never mixed.

    Crops are taken from the picture rounded to 8 bits, and so is what is changed otherwise. The same seed gives the
    same crops, mixtures and Beta draws for all kinds that have them and for any count.
    """
    started = own_seconds()
    views = mixed_views(backbone, pixels, classes, settings)
    with torch.no_grad():
        features = backbone.encode_image(views.pixels)
        logits = backbone.logits(features, backbone.encode_text(classes))
    seconds = own_seconds() - started
    return replace(views, features=features.cpu(), logits=logits.cpu(), seconds=seconds)


def mixed_views(backbone: Backbone, pixels: Tensor, classes: Classes, settings: ViewSettings) -> ViewSet:
    """What `make_views` makes before the model has seen it: features are (0, d), logits (0, c), seconds 0."""
    check_pixels(backbone, pixels)
    pixels = pixels.detach().float().cpu()
    raw = _draw(pixels, settings)
    sources = raw.bases.float() / 255
    sources[0] = pixels
    text = backbone.encode_text(classes)
    guide = _guide(backbone, sources, text, settings)
    return ViewSet(
        kind=settings.kind,
        bases=raw.bases,
        mixes=raw.mixes,
        betas=raw.betas,
        regions=guide.regions,
        strengths=(settings.keep_high, settings.keep_low),
        maps=guide.maps,
        raw_maps=guide.raw_maps,
        floor=guide.floor,
        degenerate=guide.degenerate,
        crops=raw.crops,
        features=text[:0].cpu(),
        logits=torch.zeros(0, len(classes)),
        classes=classes,
        seconds=0.0,
    )


def regions(maps: Tensor, high: float, low: float) -> Tensor:
    """Split maps (n, s, s) by their own quantiles into 2 high, 1 middle, 0 low, (n, s, s) uint8.

    High lies above the 1 - `high` quantile, low at or below the `low` quantile; where many pixels are equal the areas
    differ from the shares, as in A-TPT. A share of 0 selects nothing.
    """
    result = torch.full(maps.shape, MIDDLE, dtype=torch.uint8, device=maps.device)
    if low > 0:
        result[maps <= quantiles(maps, low)] = LOW
    result[maps > quantiles(maps, 1 - high)] = HIGH
    return result


def map_similarity(views: ViewSet) -> Tensor:
    """Whether views look where the picture does: rank correlation of each view's map with that of view 0, cut and
    mirrored alike, (n,) in [-1, 1], nan where either is flat. Each map is for its own view's answer. Empty where views
    have no maps."""
    return torch.tensor([spearman(found, cut) for found, cut in zip(views.raw_maps, _cut_alike(views), strict=True)])


def _cut_alike(views: ViewSet) -> list[Tensor]:
    """The map of view 0 as each crop of the picture would see it, n of (gh, gw)."""
    if not len(views.raw_maps):
        return []
    size, (_, rows, columns) = views.bases.shape[-1], views.raw_maps.shape
    whole = F.interpolate(views.raw_maps[:1, None], (size, size))[0]  # each cell as a square: nothing is smoothed
    cut = []
    for top, left, height, width, mirrored in views.crops.tolist():
        part = F.adaptive_avg_pool2d(whole[:, top : top + height, left : left + width], (rows, columns))[0]
        cut.append(part.flip(-1) if mirrored else part)
    return cut


@dataclass(frozen=True, eq=False, slots=True)
class _Draws:
    """What chance decided; fields as in `ViewSet`."""

    bases: Tensor
    mixes: Tensor
    betas: Tensor
    crops: Tensor


def _draw(pixels: Tensor, settings: ViewSettings) -> _Draws:
    picture = (pixels * 255).round().clamp(0, 255).byte().permute(1, 2, 0).numpy()
    size = picture.shape[0]
    bases, mixes = [picture], [pixels.permute(1, 2, 0).numpy()]
    betas, boxes = [1.0], [(0, 0, size, size, 0)]
    for view in range(1, settings.count):
        give_way()
        rng = np.random.default_rng((settings.seed, view))
        if settings.kind in CHANGES:
            base, box = CHANGES[settings.kind](picture, view, rng)
        else:
            base, box = crops.crop(picture, rng, (settings.smallest_crop, 1.0))
        beta = augmix.draw_beta(rng)
        bases.append(base)
        boxes.append(box)
        mixed = settings.augmix and settings.kind in settings.MIXED
        betas.append(beta if mixed else 1.0)
        mixes.append(augmix.mix(base, rng) if mixed else base.astype(np.float32) / 255)
    return _Draws(_channels_first(bases), _channels_first(mixes), torch.tensor(betas), torch.tensor(boxes))


def _channels_first(pictures: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous()


@dataclass(frozen=True, eq=False, slots=True)
class _Guide:
    """Where to mix; fields as in `ViewSet`."""

    regions: Tensor
    maps: Tensor
    raw_maps: Tensor
    floor: float
    degenerate: Tensor


def _guide(backbone: Backbone, sources: Tensor, text: Tensor, settings: ViewSettings) -> _Guide:
    count, _, size, _ = sources.shape
    plain = torch.full((count, size, size), MIDDLE, dtype=torch.uint8)
    if settings.kind != "attention":
        none = torch.zeros(0, 0, 0)
        return _Guide(plain, none, none, 0.0, torch.zeros(count, dtype=torch.bool))
    maps = attention_maps(backbone, sources, text, AttentionSettings(settings.guide))
    areas = regions(maps.upsampled(size), settings.high, settings.low).cpu()
    areas[0] = MIDDLE  # the picture itself stays untouched; its map still serves the weighting by total variation
    return _Guide(areas, maps.grid.float().cpu(), maps.raw.float().cpu(), maps.floor, maps.degenerate.cpu())
