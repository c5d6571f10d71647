"""The comparison of the engine with golden numbers of the official implementation.

Each piece of the engine is fed with its golden input; one line per stored tensor, then the count.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor

from engine.models import Backbone
from tests.golden.answers import Run, tuning
from tests.golden.io import Golden, build, find
from tests.golden.ledger import Ledger
from tests.golden.pieces import RELEASED_PAIR, encode, guide, mixing, plain, prompts, resnet_maps, vit_maps
from tests.golden.tolerances import LOGITS, PIXELS


def compare(golden: Golden, double: bool) -> Ledger:
    """The ledger of all pieces on one golden set in one precision."""
    ledger, backbone = Ledger(golden, double), build(golden, double)
    bases = golden.pixels("bases_u8").to(ledger.dtype)
    text = prompts(ledger, backbone)
    _, logits = encode(ledger, backbone, bases, text, "bases")
    ledger.check("e2e_clip_view0", logits[:1], LOGITS)
    maps = (resnet_maps if backbone.kind == "resnet" else vit_maps)(ledger, backbone, bases, text)
    if golden.mixable:
        _plain_runs(ledger, backbone, text)
        guided = mixing(ledger, backbone, maps, bases, golden.pixels("mixes_u8").to(ledger.dtype))
        _guided_runs(ledger, backbone, text, guided)
    else:
        ledger.leave(r"(?!rollout|rncam|get_).*", "the mixes or Beta draws that views are made of are not stored")
    ledger.leave(r".*masked", "which self-similarities reach 1.0 is a matter of rounding; it is used, not compared")
    ledger.leave(r"e2e_.*", "runs through float32 maps, masks decided by rounding and the prompt of the sample before")
    ledger.close()
    return ledger


def _plain_views(ledger: Ledger) -> Tensor:
    """AugMix views in float32, as the reference makes them in either precision."""
    golden = ledger.golden
    bases, mixes = golden.pixels("bases_u8"), golden.pixels("mixes_u8")
    views = plain(golden.tensors["in/betas"].float(), bases, mixes)
    if not ledger.double and "in/plain_views" in golden.tensors:
        ledger.record("in/plain_views", golden.tensors["in/plain_views"], views, PIXELS[0])
    return views.to(ledger.dtype)


def _guided_runs(ledger: Ledger, backbone: Backbone, text: Tensor, guided: dict[str, Tensor]) -> None:
    """A-TPT from the stored float32 views, and in float64 once more from views mixed by float64 maps."""
    stored = _stored_views(ledger, guided)
    starts = {"atpt": ("guided", stored.to(ledger.dtype))} if len(stored) else {}
    if RELEASED_PAIR in guided and ledger.names(r"atptown_.*|image_features_guided_ownmaps"):
        starts["atptown"] = ("guided_ownmaps", guided[RELEASED_PAIR])
    for family, (name, views) in starts.items():
        features, logits = encode(ledger, backbone, views, text, name)
        for share in sorted({m.group(1) for m in ledger.names(rf"{family}_p([\d.]+)_.*")}):
            tuning(ledger, backbone, Run(f"{family}_p{share}_", float(share), features, logits))
    ledger.leave(r"(image_features|logits|entropy)_guided.*|atpt(own)?_p.*", "the views it starts from are not stored")


def _stored_views(ledger: Ledger, guided: dict[str, Tensor]) -> Tensor:
    """The float32 guided views, read or mixed from stored regions or maps; no rows where none is stored whole."""
    golden, count = ledger.golden, len(ledger.golden.tensors["in/bases_u8"])
    views, areas = (golden.tensors.get(f"out/{kind}_{RELEASED_PAIR}", torch.zeros(0)) for kind in ("guided", "masks"))
    if len(views) == count:
        return views
    if len(areas) == count:
        return guide(golden, areas, golden.pixels("bases_u8"), golden.pixels("mixes_u8"))
    return torch.zeros(0) if ledger.double else guided.get(RELEASED_PAIR, torch.zeros(0))


def _plain_runs(ledger: Ledger, backbone: Backbone, text: Tensor) -> None:
    """R-TPT on plain views: the golden set's own, or a second set stored beside it."""
    golden = ledger.golden
    encoded = encode(ledger, backbone, _plain_views(ledger), text, "plain")
    for count in sorted({int(m.group(1)) for m in ledger.names(r"rtpt(\d+)_.*")}):
        features, logits = encoded
        if f"in/rtpt_plain{count}_u8" in golden.tensors:
            with torch.no_grad():
                features = backbone.encode_image(golden.pixels(f"rtpt_plain{count}_u8").to(ledger.dtype))
            logits = backbone.logits(features, text).detach()
        if len(features) != count:
            ledger.leave(rf"rtpt{count}_.*", f"its {count} views are not stored")
            continue
        logits = ledger.check(f"rtpt{count}_logits", logits, LOGITS)
        tuning(ledger, backbone, Run(f"rtpt{count}_", 0.1, features, logits))


def main(arguments: list[str]) -> int:
    """Print every comparison; 0 when all lie within tolerance, else 1."""
    if len(arguments) != 1:
        print("Expected one folder: python -m tests.golden FOLDER.", file=sys.stderr)
        return 1
    folder = Path(arguments[0])
    sets = find(folder)
    if not sets:
        wanted = "NAME.json beside NAME.safetensors" if folder.is_dir() else "a folder"
        print(f"Expected {wanted}; found no golden set in {folder.resolve()}.", file=sys.stderr)
        return 1
    ledgers = [compare(golden, double) for golden in sets for double in (False, True)]
    for ledger in ledgers:
        print("\n".join(ledger.lines))
    beyond = sum(ledger.beyond for ledger in ledgers)
    print(f"{sum(ledger.compared for ledger in ledgers)} compared, {beyond} beyond tolerance")
    return int(beyond > 0)
