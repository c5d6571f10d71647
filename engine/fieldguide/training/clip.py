"""The built-in model's shape, its small training vocabulary, and its export to open_clip's folder format."""

from __future__ import annotations

import json
from pathlib import Path

import open_clip
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from ...classes import in_template
from ...files import make_folder
from ..world.captions import TEMPLATES, VOCABULARY

MEAN, STD = open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD
VOCAB_SIZE = 49408  # of open_clip's own tokenizer
CONFIG = {
    "embed_dim": 128,
    "vision_cfg": {"image_size": 112, "layers": 6, "width": 192, "patch_size": 8, "head_width": 64},
    "text_cfg": {"context_length": 40, "vocab_size": VOCAB_SIZE, "width": 128, "heads": 2, "layers": 3},
}


class Words:
    """The token ids that captions can contain, renumbered in order, so that the end token stays the largest."""

    def __init__(self) -> None:
        self.tokenizer = open_clip.SimpleTokenizer(context_length=CONFIG["text_cfg"]["context_length"])
        spoken = [*sorted(VOCABULARY), *(in_template(template, "bird") for template in TEMPLATES)]
        self.ids = torch.unique(torch.cat([self.tokenizer([text]).flatten() for text in spoken]))

    def __len__(self) -> int:
        return len(self.ids)

    def tokens(self, texts: list[str]) -> Tensor:
        """Renumbered tokens (b, 40) of captions made of known words."""
        return torch.searchsorted(self.ids, self.tokenizer(texts))


def build(words: Words) -> open_clip.CLIP:
    """The untrained model with the small vocabulary; training is cheaper by the 49,000 rows it leaves out."""
    image, text = CONFIG["vision_cfg"], CONFIG["text_cfg"]
    return open_clip.CLIP(
        CONFIG["embed_dim"],
        open_clip.CLIPVisionCfg(
            image_size=image["image_size"],
            layers=image["layers"],
            width=image["width"],
            patch_size=image["patch_size"],
            head_width=image["head_width"],
        ),
        open_clip.CLIPTextCfg(
            context_length=text["context_length"],
            vocab_size=len(words),
            width=text["width"],
            heads=text["heads"],
            layers=text["layers"],
        ),
    )


def export(state: dict[str, Tensor], words: Words, folder: Path) -> None:
    """Write `state` of a `build` model as an open_clip folder: config, half-precision weights, its words and templates.

    Rows of words that were never trained are zero; `words.json` lets the engine refuse such words by name, and
    `templates.json` is the prompt ensemble made of words it knows.
    """
    make_folder(folder)
    full = {name: tensor.detach().half().contiguous() for name, tensor in state.items()}
    small = full["token_embedding.weight"]
    table = torch.zeros(VOCAB_SIZE, small.shape[1], dtype=torch.half)
    table[words.ids] = small
    full["token_embedding.weight"] = table
    save_file(full, folder / "open_clip_model.safetensors")
    preprocess = {"mean": MEAN, "std": STD, "interpolation": "bicubic", "resize_mode": "shortest"}
    config = {"model_cfg": CONFIG, "preprocess_cfg": preprocess}
    (folder / "open_clip_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    for name, entries in (("words", sorted(VOCABULARY)), ("templates", TEMPLATES)):
        (folder / f"{name}.json").write_text(json.dumps(entries, indent=0) + "\n", encoding="utf-8")


def read_export(folder: Path, words: Words) -> dict[str, Tensor]:
    """The state of a `build` model, in float32, from a folder that `export` wrote."""
    state = {name: tensor.float() for name, tensor in load_file(folder / "open_clip_model.safetensors").items()}
    state["token_embedding.weight"] = state["token_embedding.weight"][words.ids]
    return state
