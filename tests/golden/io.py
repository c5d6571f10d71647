"""Golden sets on disk: reading them and rebuilding their model."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path

import open_clip
import torch
from safetensors.torch import load_file
from torch import Tensor

from engine.classes import Classes
from engine.models import Backbone
from engine.models.preprocessing import Preprocessing

VOCABULARY = 49408
SETTINGS = {"m_high": 0.8, "m_low": 0.2, "lr": 0.005, "clip_quantile": 0.99, "temperature": 0.01, "k": 20}


@dataclass(frozen=True, eq=False)
class Golden:
    """One pair NAME.json + NAME.safetensors."""

    name: str
    meta: dict
    tensors: dict[str, Tensor]

    @property
    def classes(self) -> Classes:
        """Class names and the prompt, in the engine's form."""
        return Classes(
            tuple(self.meta["classnames"]), (self.meta.get("prompt", "a photo of a <name>.").replace("<name>", "{}"),)
        )

    @property
    def settings(self) -> dict:
        """What the reference was run with; its released defaults where the JSON does not say."""
        return {**SETTINGS, **self.meta.get("settings", {})}

    @property
    def mixable(self) -> bool:
        """Whether the inputs of mixing are stored."""
        return {"in/mixes_u8", "in/betas"} <= set(self.tensors)

    def pixels(self, name: str) -> Tensor:
        """8-bit pictures (n, 3, s, s) as float32 in [0, 1]."""
        return self.tensors[f"in/{name}"].float() / 255


def find(folder: Path) -> list[Golden]:
    """Every golden set of a folder, by name; other files are passed over."""
    pairs = [(path, path.with_suffix(".safetensors")) for path in sorted(folder.glob("*.json"))]
    found = [_read(path, weights) for path, weights in pairs if weights.is_file()]
    return [golden for golden in found if "classnames" in golden.meta and "in/bases_u8" in golden.tensors]


def _read(path: Path, weights: Path) -> Golden:
    return Golden(path.stem, json.loads(path.read_text(encoding="utf-8")), load_file(weights))


def build(golden: Golden, double: bool) -> Backbone:
    """The golden model with its own weights, in float64 where `double`; every size is read from the weights."""
    weights = {name[2:]: tensor for name, tensor in golden.tensors.items() if name.startswith("w/")}
    if "token_embedding.rows" in weights:
        rows, places = weights.pop("token_embedding.rows"), weights.pop("token_embedding.idx")
        table = torch.zeros(VOCABULARY, rows.shape[1])
        table[places.long()] = rows
        weights["token_embedding.weight"] = table
    vision = _resnet(weights, golden) if "visual.layer4.0.conv1.weight" in weights else _vit(weights)
    vocabulary, width = weights["token_embedding.weight"].shape
    text = {
        "context_length": len(weights["positional_embedding"]),
        "vocab_size": vocabulary,
        "width": width,
        "heads": max(1, width // 64),
        "layers": _count(weights, r"transformer\.resblocks\.(\d+)\."),
    }
    model = open_clip.CLIP(weights["text_projection"].shape[1], vision, text, quick_gelu=True)
    model.load_state_dict(weights)
    model = model.double() if double else model
    # the reference keeps mean and deviation as float32 even where it computes in float64
    mean, std = (torch.tensor(v).tolist() for v in (open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD))
    return Backbone(model, open_clip.get_tokenizer("ViT-B-32"), golden.name, Preprocessing(mean, std))


def _count(weights: dict[str, Tensor], pattern: str) -> int:
    return len({found.group(1) for name in weights if (found := re.match(pattern, name))})


def _vit(weights: dict[str, Tensor]) -> dict:
    width, _, _, patch = weights["visual.conv1.weight"].shape
    side = math.isqrt(len(weights["visual.positional_embedding"]) - 1)
    layers = _count(weights, r"visual\.transformer\.resblocks\.(\d+)\.")
    head = min(64, width)
    return {"image_size": side * patch, "layers": layers, "width": width, "patch_size": patch, "head_width": head}


def _resnet(weights: dict[str, Tensor], golden: Golden) -> dict:
    layers = [_count(weights, rf"visual\.layer{number}\.(\d+)\.") for number in range(1, 5)]
    width = len(weights["visual.layer1.0.conv1.weight"])
    size = golden.tensors["in/bases_u8"].shape[-1]
    return {"image_size": size, "layers": layers, "width": width, "patch_size": None, "head_width": 64}
