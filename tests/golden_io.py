"""Golden sets on disk: reading them, rebuilding their model, and keeping the ledger of what agrees."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
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
    layers = [_count(weights, rf"visual\.layer{stage}\.(\d+)\.") for stage in range(1, 5)]
    width = len(weights["visual.layer1.0.conv1.weight"])
    size = golden.tensors["in/bases_u8"].shape[-1]
    return {"image_size": size, "layers": layers, "width": width, "patch_size": None, "head_width": 64}


@dataclass(eq=False)
class Ledger:
    """What was compared with one precision of one golden set, a line each."""

    golden: Golden
    double: bool
    lines: list[str] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
    compared: int = 0
    beyond: int = 0

    @property
    def dtype(self) -> torch.dtype:
        """The precision of this ledger."""
        return torch.float64 if self.double else torch.float32

    def key(self, name: str) -> str:
        """The full name of a stored tensor, or an empty string where it is not stored."""
        ends = ("64/", "64/") if self.double else ("/", "/")
        keys = [f"{folder}{end}{name}" for folder, end in zip(("out", "mid"), ends, strict=True)]
        return next((key for key in keys if key in self.golden.tensors), "")

    def whole(self, name: str, count: int) -> bool:
        """Whether `name` is stored with a row for each of `count` views."""
        return len(self.golden.tensors.get(self.key(name), ())) == count

    def names(self, pattern: str) -> list[re.Match[str]]:
        """Matches of `pattern` among the names stored in this precision, folder taken off."""
        folders = ("out64/", "mid64/") if self.double else ("out/", "mid/")
        stored = [key.partition("/")[2] for key in self.golden.tensors if key.startswith(folders)]
        return [found for name in stored if (found := re.fullmatch(pattern, name))]

    def check(
        self, name: str, ours: Tensor, tolerances: tuple[float, float], skip: Tensor | None = None, note: str = ""
    ) -> Tensor:
        """Compare with the stored tensor, if any; return what the next stage is fed: stored if complete.

        `tolerances` are for float32 and float64, relative to the largest stored value; entries or rows in `skip`
        are left out.
        """
        key = self.key(name)
        if not key:
            return ours
        stored = self.golden.tensors[key]
        self.record(key, stored, ours, tolerances[self.double], skip, note)
        complete = stored.shape == ours.shape
        return stored.to(ours.dtype) if complete else ours

    def record(
        self, key: str, stored: Tensor, ours: Tensor, tolerance: float, skip: Tensor | None = None, note: str = ""
    ) -> None:
        """Write the line of one comparison; a stored tensor with fewer rows is compared with our first rows."""
        self.done.add(key)
        self.compared += 1
        error = _relative_error(stored, ours, skip)
        good = error <= tolerance
        self.beyond += not good
        mark = "ok    " if good else "BEYOND"
        ending = f"  ({note})" if note else ""
        self.lines.append(
            f"{mark} {self.golden.name:8s} {key:44s} error {error:8.1e}  tolerance {tolerance:7.0e}{ending}"
        )

    def leave(self, pattern: str, why: str) -> None:
        """Say that the stored tensors whose names match were not compared, and why."""
        for found in self.names(pattern):
            key = self.key(found.group(0))
            if key not in self.done:
                self.done.add(key)
                self.lines.append(f"left   {self.golden.name:8s} {key:44s} not compared: {why}")

    def close(self) -> None:
        """Name every stored result that nothing compared."""
        self.leave(r".*", "no stage of the engine makes this tensor")


def _relative_error(stored: Tensor, ours: Tensor, skip: Tensor | None) -> float:
    if stored.dim() and ours.dim() and stored.shape[1:] == ours.shape[1:]:
        ours, skip = ours[: len(stored)], skip if skip is None else skip[: len(stored)]
    if stored.shape != ours.shape:
        return math.inf
    wanted, got = stored.double(), ours.double()
    difference = (wanted - got).abs()
    if skip is not None:
        skip = skip.reshape(skip.shape + (1,) * (difference.dim() - skip.dim()))
        difference, wanted = difference.masked_fill(skip, 0), wanted.masked_fill(skip, 0)
    if not wanted.numel():
        return 0.0
    scale = float(wanted.abs().max()) or 1.0
    error = float(difference.max()) / scale
    return math.inf if math.isnan(error) else error
