"""The pieces of the engine compared with golden tensors, each fed with its golden input."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from engine.maps.attend import MapBatch, attention_maps, gather
from engine.models import Backbone
from engine.numerics import rollout
from engine.numerics.measures import entropy
from engine.numerics.mixing import blend, strengths
from engine.numerics.upsampling import sharpen, upsample
from engine.settings import AttentionSettings
from engine.views.guided import regions
from tests.golden.io import Golden
from tests.golden.ledger import Ledger
from tests.golden.tolerances import (
    ENTROPIES,
    EXACT,
    FEATURES,
    GRAD_CAM,
    GRADIENTS,
    LAYER4_CAM,
    LOGITS,
    MAPS,
    MEANS,
    NEAR_THRESHOLD,
    NEARLY_DEGENERATE,
    ON_THRESHOLD,
    PIXELS,
    SHARPENED,
    THRESHOLDS,
    TRACED,
)

RELEASED_PAIR = "0.2_0.8"
MAP_NAMES = {
    "gradcam": "grad-cam",
    "gradrollout": "gradient-rollout",
    "gradrollout_weight": "depth-weighted",
    "gradrollout_last2avg": "a-tpt",
}


def encode(ledger: Ledger, backbone: Backbone, pixels: Tensor, text: Tensor, name: str) -> tuple[Tensor, Tensor]:
    """Features (n, d) and logits (n, c) of one kind of views, and their entropies."""
    with torch.no_grad():
        ours = backbone.encode_image(pixels)
    features = ledger.check(f"image_features_{name}", ours, FEATURES)
    if ledger.key(f"image_features_unnorm_{name}"):
        with torch.no_grad():
            ledger.check(f"image_features_unnorm_{name}", backbone.visual(backbone.normalise(pixels)), FEATURES)
    logits = ledger.check(f"logits_{name}", backbone.logits(features, text).detach(), LOGITS)
    ledger.check(f"entropy_{name}", entropy(logits), ENTROPIES)
    return features, logits


def prompts(ledger: Ledger, backbone: Backbone) -> Tensor:
    """The untuned context and text features (c, d)."""
    made = backbone.prompts(ledger.golden.classes)
    ledger.check("ctx0", made.context, EXACT)
    with torch.no_grad():
        features = backbone.encode_prompts(made)
    return ledger.check("text_features", features, FEATURES)


def vit_maps(ledger: Ledger, backbone: Backbone, bases: Tensor, text: Tensor) -> MapBatch:
    """The maps that guide A-TPT on a ViT, what they are made of, and the other maps of view 0."""
    settings = AttentionSettings("a-tpt", ledger.golden.settings["clip_quantile"])
    maps = attention_maps(backbone, bases, text, settings)
    noise, fed_maps = _dots(ledger, backbone, bases, text)
    own = Comparison(MAPS)
    if not ledger.double and bool(noise.any()):
        listed = ", ".join(str(i) for i in noise.nonzero()[:, 0].tolist())
        own = Comparison(MAPS, noise, f"without (nearly) degenerate maps of bases {listed}")
        if ledger.key("dots_prev") and ledger.key("dots_last"):
            fed = Comparison(GRADIENTS, ~noise, f"bases {listed}, from the stored products")
            ledger.check("rollout_raw", fed_maps, *fed)
    grid, fed = _stretched(ledger, "rollout", maps, settings, own)
    ledger.check("rollout_up", upsample(grid, backbone.image_size), *fed)
    _first_trace(ledger, backbone, bases[1:2], text)
    for stored, name in MAP_NAMES.items():
        _one_map(ledger, backbone, bases[:1], text, f"get_{stored}_top1", name, bool(noise[0]))
    return maps


class Comparison(NamedTuple):
    """How strictly a tensor is compared: tolerances, rows left out, and the note that says so."""

    tolerances: tuple[float, float]
    skip: Tensor | None = None
    note: str = ""


def _stretched(
    ledger: Ledger, which: str, maps: MapBatch, settings: AttentionSettings, own: Comparison
) -> tuple[Tensor, Comparison]:
    """Raw maps compared by `own`, grids by what fed them; the grids, and how strictly what they feed is compared."""
    count = len(maps.raw)
    ledger.check(f"{which}_raw", maps.raw, *own)
    fed = Comparison(FEATURES) if ledger.whole(f"{which}_raw", count) else own
    raw = _stored(ledger, f"{which}_raw", maps.raw)
    grid = ledger.check(f"{which}_grid", rollout.stretch(raw, settings.clip_quantile), *fed)
    return grid, Comparison(FEATURES) if ledger.whole(f"{which}_grid", count) else fed


def _stored(ledger: Ledger, name: str, ours: Tensor) -> Tensor:
    """Our tensor with as many first rows as are stored taken from the golden set."""
    stored = ledger.golden.tensors.get(ledger.key(name), ours[:0])
    return torch.cat([stored.to(ours.dtype), ours[len(stored) :]])


def _dots(ledger: Ledger, backbone: Backbone, bases: Tensor, text: Tensor) -> tuple[Tensor, Tensor]:
    """Compare token times gradient; True (n,) where rounding shapes the float32 map, and maps from stored products.

    The patches' products of the last block are zero in exact arithmetic, so float32 maps err by about 2e-4 over the
    class token's product; where that is tiny or not positive, a float32 map of one's own is noise.
    """
    evidence, _ = gather(backbone, bases, text, AttentionSettings("a-tpt"))
    before, last = (dots.detach() for dots in evidence.dots(evidence.trace.tokens))
    before = ledger.check("dots_prev", before, GRADIENTS)
    last = ledger.check("dots_last", last, GRADIENTS)
    blocks = evidence.weighted([before, last], [1.0, 1.0])
    maps = rollout.class_row(rollout.last_two(blocks), backbone.grid).detach()
    return last[:, 0] <= NEARLY_DEGENERATE * last.abs().max(), maps


def _first_trace(ledger: Ledger, backbone: Backbone, base: Tensor, text: Tensor) -> None:
    if not ledger.names(r"base1_.*"):
        return
    evidence, _ = gather(backbone, base, text, AttentionSettings("a-tpt"))
    gradients = evidence.gradients(evidence.trace.tokens)
    for place, name in enumerate(("prev", "last")):
        ledger.check(f"base1_attn_{name}", evidence.trace.attention[place].detach(), TRACED)
        ledger.check(f"base1_tokens_{name}", evidence.trace.tokens[place].detach(), TRACED)
        ledger.check(f"base1_grad_{name}", gradients[place], GRADIENTS)


def _one_map(
    ledger: Ledger, backbone: Backbone, base: Tensor, text: Tensor, stored: str, name: str, noisy: bool
) -> None:
    if noisy and not ledger.double and name != "grad-cam":
        ledger.leave(
            rf"{stored}_(raw|grid|up)", "a degenerate map is rounding noise in float32; its float64 is compared"
        )
        return
    settings = AttentionSettings(name, ledger.golden.settings["clip_quantile"], cam_tokens="entering")
    maps = attention_maps(backbone, base, text, settings)
    tolerances = GRAD_CAM if name == "grad-cam" else MAPS
    ledger.check(f"{stored}_raw", maps.raw[0], tolerances)
    grid = ledger.check(f"{stored}_grid", maps.grid[0], tolerances)
    fed = FEATURES if ledger.key(f"{stored}_grid") else tolerances
    ledger.check(f"{stored}_up", upsample(grid[None], backbone.image_size)[0], fed)


def resnet_maps(ledger: Ledger, backbone: Backbone, bases: Tensor, text: Tensor) -> MapBatch:
    """Grad-CAM of layer4, before and after A-TPT's sharpening."""
    settings = AttentionSettings("a-tpt", ledger.golden.settings["clip_quantile"])
    maps = attention_maps(backbone, bases, text, settings)
    ledger.check("featmap_base1", backbone.trace(bases[1:2], 1).tokens[0].detach(), TRACED)
    grid, _ = _stretched(ledger, "rncam", maps, settings, Comparison(LAYER4_CAM))
    size = backbone.image_size
    ledger.check("rncam_up", upsample(grid, size, maps.floor), SHARPENED)
    ledger.check("rncam_up_nosharpen", sharpen(upsample(grid, size), 0.0), SHARPENED)
    return maps


def mixing(ledger: Ledger, backbone: Backbone, maps: MapBatch, bases: Tensor, mixes: Tensor) -> dict[str, Tensor]:
    """Regions, thresholds and guided views for every stored pair of shares; the guided views by pair."""
    which, count = "rncam" if backbone.kind == "resnet" else "rollout", len(bases)
    if not (ledger.whole(f"{which}_grid", count) or ledger.whole(f"{which}_up", count)):
        ledger.leave(
            r"(masks|thresholds|guided|guided_mean)_[\d.]+_[\d.]+",
            "the maps that decide pixels near a threshold are not stored",
        )
        return {}
    upsampled = upsample(_stored(ledger, f"{which}_grid", maps.grid), backbone.image_size, maps.floor)
    band = torch.full((count, 1, 1), ON_THRESHOLD)
    if not ledger.double:  # in float64 some are stored with less precision than the grids they come from
        band[len(ledger.golden.tensors.get(ledger.key(f"{which}_up"), ())) :] = NEAR_THRESHOLD
        upsampled = _stored(ledger, f"{which}_up", upsampled)
    found = ledger.names(r"(?:masks|thresholds|guided|guided_mean)_([\d.]+_[\d.]+)")
    pairs = sorted({m.group(1) for m in found} | {RELEASED_PAIR})
    return {pair: _mixed(ledger, pair, upsampled, band, bases, mixes) for pair in pairs}


def _mixed(ledger: Ledger, pair: str, upsampled: Tensor, band: Tensor, bases: Tensor, mixes: Tensor) -> Tensor:
    high, low = (float(share) for share in pair.split("_"))
    limits = torch.cat([rollout.quantiles(upsampled, 1 - high), rollout.quantiles(upsampled, low)], 1)[:, :, 0]
    ledger.check(f"thresholds_{pair}", limits, THRESHOLDS)
    near = (upsampled[:, None] - limits[:, :, None, None]).abs() < band[:, None]
    free = near.any(1) & (upsampled > 0)  # sharpening cuts to exact zeros, which are no matter of rounding
    note = f"{float(free.float().mean()):.1%} of pixels lie on a threshold and are left out"
    areas = ledger.check(f"masks_{pair}", regions(upsampled, high, low), EXACT, free, note)
    views = ledger.check(f"guided_{pair}", guide(ledger.golden, areas, bases, mixes), PIXELS)
    ledger.check(f"guided_mean_{pair}", views.double().mean((1, 2, 3)), MEANS)
    return views


def guide(golden: Golden, areas: Tensor, bases: Tensor, mixes: Tensor) -> Tensor:
    """Views mixed by regions (n, s, s) in the precision of the bases, view 0 untouched."""
    settings = golden.settings
    betas = golden.tensors["in/betas"].to(bases.dtype)
    views = blend(bases, mixes, strengths(areas, betas, settings["m_high"], settings["m_low"]))
    views[0] = bases[0]
    return views


def plain(betas: Tensor, bases: Tensor, mixes: Tensor) -> Tensor:
    """AugMix views: the Beta draw everywhere, view 0 untouched."""
    areas = torch.ones(len(bases), *bases.shape[-2:], dtype=torch.uint8)
    views = blend(bases, mixes, strengths(areas, betas, 1.0, 0.0))
    views[0] = bases[0]
    return views
