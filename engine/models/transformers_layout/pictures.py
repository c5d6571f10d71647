"""How pictures are prepared for a CLIPModel, from the configuration of its image processor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import require

FILE = "preprocessor_config.json"
NESTED, PART = "processor_config.json", "image_processor"  # where newer versions keep the same, and it goes first
SIZE = 224  # what CLIPImageProcessor takes where the file is silent; its other defaults are open_clip's own
STEPS = ("do_resize", "do_rescale")
INTERPOLATIONS = {2: "bilinear", 3: "bicubic"}  # by the numbers of Pillow


def preprocessing(said: Mapping[str, Any], size: int, owner: str) -> dict[str, Any]:
    """The parts of a `Preprocessing` that the image processor of `owner` says, for a tower of `size` pixels a side.

    Raises `EngineError` for steps that no resize mode has, and for pictures that the tower does not take.
    """
    file = f"the image processor of {owner}"
    require("auto_map" not in said, f"{owner} asks to run code of its own (auto_map in {FILE}), which is never done.")
    kind = said.get("image_processor_type", said.get("feature_extractor_type", "CLIP"))
    require(
        str(kind).startswith("CLIP"),
        f"Expected a CLIPImageProcessor; {file} is a {kind!s:.40}, whose defaults are others.",
    )
    for step in STEPS:
        require(
            bool(said.get(step, True)), f"Expected pictures to be resized, with levels of 1/255; {file} has no {step}."
        )
    factor = said.get("rescale_factor", 1 / 255)
    levels = isinstance(factor, float) and abs(factor * 255 - 1) < 1e-6
    require(levels, f"Expected levels of 1/255; {file} has a rescale_factor of {factor!s:.40}.")
    resample = said.get("resample", 3)
    require(
        resample in list(INTERPOLATIONS),
        f"Expected a resample of 2 (bilinear) or 3 (bicubic); {file} says {resample!s:.40}.",
    )
    parts = {
        "interpolation": INTERPOLATIONS[resample],
        "resize_mode": _resize_mode(said, size, file),
        **{name: said[f"image_{name}"] for name in ("mean", "std") if f"image_{name}" in said},
    }
    return parts if said.get("do_normalize", True) else parts | {"mean": [0.0] * 3, "std": [1.0] * 3}


def _resize_mode(said: Mapping[str, Any], size: int, file: str) -> str:
    """“shortest” or “squash”, where either makes a square of `size` pixels."""
    resized, cut = said.get("size", SIZE), said.get("crop_size", SIZE)
    squashed = isinstance(resized, dict) and resized.keys() == {"height", "width"}
    crops = bool(said.get("do_center_crop", True))
    require(
        squashed or crops,
        f"Expected square pictures; {file} fits the short side and cuts nothing off the long one.",
    )
    side = _side(resized)
    square = _side(cut) if crops else side
    require(
        side == square == size,
        f"Expected pictures resized to the {size} pixels that the image tower takes, and cut to as many; {file}"
        f" resizes to {side!s:.80} and cuts to {square!s:.80}.",
    )
    return "squash" if squashed else "shortest"


def _side(given: Any) -> Any:
    """The side of a square or the length of a short side, in pixels; anything else as it was given."""
    if isinstance(given, dict) and given.keys() == {"shortest_edge"}:
        return given["shortest_edge"]
    if isinstance(given, dict) and given.keys() == {"height", "width"} and given["height"] == given["width"]:
        return given["height"]
    return given
