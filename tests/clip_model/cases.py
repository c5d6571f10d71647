"""Small CLIPModels whose weights are a formula, and what they are asked."""

import copy

import numpy as np
import torch
from PIL import Image

WIDTH, TEXTS = 32, ["a photo of a cat", "two dogs on a red boat", "x"]
TOWER = {"hidden_size": WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 80}
CONFIGS = {  # as config.json says it; the towers and the joint space are as wide, so that no transpose shows in shapes
    name: {
        "architectures": ["CLIPModel"],
        "model_type": "clip",
        "projection_dim": WIDTH,
        "vision_config": {**TOWER, "image_size": 32, "patch_size": 8, "hidden_act": act},
        "text_config": {**TOWER, "hidden_act": act, "eos_token_id": end},
    }
    for name, act, end in (("gelu", "gelu", 49407), ("quick_gelu", "quick_gelu", 2))
}
PROCESSORS = {
    "usual": {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}},
    "squashed": {
        "size": {"height": 32, "width": 32},
        "do_center_crop": False,
        "resample": 2,
        "image_mean": [0.1, 0.2, 0.3],
        "image_std": [0.4, 0.5, 0.6],
    },
}


def config(name: str = "gelu", **changes: object) -> dict:
    """A configuration of its own; `vision` and `text` change those of a tower."""
    made = copy.deepcopy(CONFIGS[name])
    for tower in ("vision", "text"):
        made[f"{tower}_config"] |= changes.pop(tower, {})
    return made | changes


def weights() -> dict[str, torch.Tensor]:
    """All weights of a case under the names of CLIPModel."""
    shapes = {"logit_scale": ()}
    shapes |= {"visual_projection.weight": (WIDTH, WIDTH), "text_projection.weight": (WIDTH, WIDTH)}
    shapes |= {
        "vision_model.embeddings.class_embedding": (WIDTH,),
        "vision_model.embeddings.patch_embedding.weight": (WIDTH, 3, 8, 8),
        "vision_model.embeddings.position_embedding.weight": (17, WIDTH),
        "text_model.embeddings.token_embedding.weight": (49408, WIDTH),
        "text_model.embeddings.position_embedding.weight": (77, WIDTH),
    }
    norms = ["vision_model.pre_layrnorm", "vision_model.post_layernorm", "text_model.final_layer_norm"]
    inner = TOWER["intermediate_size"]
    for tower in ("vision", "text"):
        for layer in range(2):
            block = f"{tower}_model.encoder.layers.{layer}"
            norms += [f"{block}.layer_norm1", f"{block}.layer_norm2"]
            parts = {f"self_attn.{part}_proj": (WIDTH, WIDTH) for part in ("q", "k", "v", "out")}
            parts |= {"mlp.fc1": (inner, WIDTH), "mlp.fc2": (WIDTH, inner)}
            for part, shape in parts.items():
                shapes |= {f"{block}.{part}.weight": shape, f"{block}.{part}.bias": shape[:1]}
    shapes |= {f"{norm}.{kind}": (WIDTH,) for norm in norms for kind in ("weight", "bias")}
    made = {name: 0.4 * _spread(shape, place) for place, (name, shape) in enumerate(sorted(shapes.items()))}
    for norm in norms:
        made[f"{norm}.weight"] += 1
    made["logit_scale"] = torch.tensor(3.0)
    return made


def _spread(shape: tuple[int, ...], place: int) -> torch.Tensor:
    """Numbers between -1 and 1, the same on every machine: the mixing of SplitMix64 (Steele et al., 2014)."""
    mixed = (np.arange(int(np.prod(shape)), dtype=np.uint64) + np.uint64(place << 32)) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return torch.from_numpy((mixed >> np.uint64(40)).astype(np.float32) / 2**23 - 1).reshape(shape)


def pictures() -> torch.Tensor:
    """Two normalised pictures (2, 3, 32, 32)."""
    return 2 * _spread((2, 3, 32, 32), 1000)


def photograph() -> Image.Image:
    """A picture of 60 by 40 pixels."""
    levels = (_spread((40, 60, 3), 2000) + 1) / 2 * 255
    return Image.fromarray(levels.round().numpy().astype(np.uint8))
