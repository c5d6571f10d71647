"""What config.json says of a CLIPModel, in the words of open_clip's configurations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ...errors import require

FILE = "config.json"
VOCABULARY = 49408  # of CLIP's byte-pair encoding, whose greatest id ends a text
ENDS = (2, VOCABULARY - 1)  # of a text: 2 is wrong in OpenAI's files, and makes transformers look for the greatest id
ACTIVATIONS = {"quick_gelu": True, "gelu": False}

# What transformers' classes take where a file is silent.
VISION: Mapping[str, Any] = {
    "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "patch_size": 32,
    "image_size": 224, "num_channels": 3, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5,
}  # fmt: skip
TEXT: Mapping[str, Any] = {
    "hidden_size": 512, "num_hidden_layers": 12, "num_attention_heads": 8, "intermediate_size": 2048,
    "max_position_embeddings": 77, "vocab_size": VOCABULARY, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5,
    "eos_token_id": VOCABULARY - 1,
}  # fmt: skip
PROJECTION = 512


def described(config: object, owner: str) -> dict[str, Any]:
    """open_clip's `model_cfg` of the model of `owner` that config.json describes.

    Keys that are missing have the defaults of transformers' classes. Raises `EngineError` for another kind of model,
    one that asks to run code of its own, and one that open_clip cannot build.
    """
    require(isinstance(config, dict), f"{FILE} of {owner} describes no model: expected a JSON object.")
    said: dict = config if isinstance(config, dict) else {}
    vision, text = _tower(said, "vision", VISION), _tower(said, "text", TEXT)
    _require_clip_model(said, (said, vision, text), owner)
    _require_buildable(vision, text, owner)
    return {
        "embed_dim": _count(said.get("projection_dim", PROJECTION), "projection_dim", owner),
        "quick_gelu": ACTIVATIONS[vision["hidden_act"]],
        "vision_cfg": {
            "image_size": _side(vision["image_size"], "image_size", owner),
            "patch_size": _side(vision["patch_size"], "patch_size", owner),
            "head_width": vision["hidden_size"] // vision["num_attention_heads"],
            **_sizes(vision),
        },
        "text_cfg": {
            "context_length": _count(text["max_position_embeddings"], "max_position_embeddings", owner),
            "vocab_size": VOCABULARY,
            "heads": text["num_attention_heads"],
            **_sizes(text),
        },
    }


def _tower(config: Mapping[str, Any], name: str, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """What holds of one tower; old files say it twice, and the whole of `..._config_dict` goes before the other."""
    said = config.get(f"{name}_config_dict")
    said = config.get(f"{name}_config") if said is None else said
    return {**defaults, **(said if isinstance(said, dict) else {})}


def _require_clip_model(config: Mapping[str, Any], parts: tuple[Mapping[str, Any], ...], owner: str) -> None:
    coded = any("auto_map" in part for part in parts)
    require(not coded, f"{owner} asks to run code of its own (auto_map in {FILE}), which is never done here.")
    kind = config.get("model_type")
    require(
        kind == "clip",
        f"Expected a CLIPModel of transformers (model_type clip) or a model in open_clip's format; {FILE} of {owner}"
        + (f" describes a model of the type {kind!s:.40}." if kind else " names no model_type."),
    )
    classes = config.get("architectures") or ["CLIPModel"]
    named = [str(name) for name in classes] if isinstance(classes, list) else [str(classes)]
    require(
        "CLIPModel" in named,
        f"Expected a CLIPModel, with both towers and nothing more; {owner} holds a {', '.join(named):.80}.",
    )


def _require_buildable(vision: Mapping[str, Any], text: Mapping[str, Any], owner: str) -> None:
    """Raise `EngineError` for what open_clip's CLIP has no place for."""
    for tower in (vision, text):
        for name in ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"):
            _count(tower[name], name, owner)
        divided = tower["hidden_size"] % tower["num_attention_heads"] == 0
        require(divided, f"Expected a hidden_size that is a multiple of num_attention_heads; {owner} has another.")
        eps = tower["layer_norm_eps"]
        require(eps == 1e-5, f"Expected a layer_norm_eps of 1e-05; {FILE} of {owner} says {eps!s:.40}.")
    acts = (vision["hidden_act"], text["hidden_act"])
    require(
        acts[0] == acts[1] and acts[0] in list(ACTIVATIONS),
        f"Expected the activation {' or '.join(ACTIVATIONS)}, the same in both towers; {FILE} of {owner} says"
        f" {acts[0]!s:.40} of pictures and {acts[1]!s:.40} of text.",
    )
    channels, words, end = vision["num_channels"], text["vocab_size"], text["eos_token_id"]
    require(channels == 3, f"Expected a tower for pictures of 3 channels; {owner} has one for {channels!s:.40}.")
    require(
        words == VOCABULARY,
        f"Expected CLIP's own vocabulary of {VOCABULARY} tokens; {owner} has one of {words!s:.40}, whose tokenizer"
        " open_clip does not have.",
    )
    require(
        end in ENDS,
        f"Expected a text to end with the token {ENDS[1]} (or 2, as old files say); {FILE} of {owner} says"
        f" {end!s:.40}.",
    )


def _sizes(tower: Mapping[str, Any]) -> dict[str, Any]:
    width = tower["hidden_size"]
    return {
        "width": width,
        "layers": tower["num_hidden_layers"],
        "mlp_ratio": _ratio(tower["intermediate_size"], width),
    }


def _ratio(inner: int, width: int) -> float:
    """What open_clip multiplies `width` with and rounds down to `inner`."""
    ratio = inner / width
    return ratio if int(width * ratio) == inner else math.nextafter(ratio, math.inf)


def _side(value: Any, name: str, owner: str) -> int:
    """The side of a square, which may be given twice, as height and width."""
    twice = isinstance(value, list) and len(value) == 2 and value[0] == value[1]
    return _count(value[0] if twice else value, name, owner)


def _count(value: Any, name: str, owner: str) -> int:
    right = isinstance(value, int) and not isinstance(value, bool) and value > 0
    require(right, f"Expected {name} to be a whole number above 0; {FILE} of {owner} says {value!s:.40}.")
    return value
