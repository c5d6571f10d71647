"""The weights of transformers' CLIPModel under the names, and in the shapes, of open_clip's CLIP."""

from __future__ import annotations

import re

import torch
from torch import Tensor

State = dict[str, Tensor]

BEGINNINGS = {  # of names outside the blocks; tensors stay as they are
    "logit_scale": "logit_scale",
    "vision_model.embeddings.class_embedding": "visual.class_embedding",
    "vision_model.embeddings.patch_embedding.": "visual.conv1.",
    "vision_model.embeddings.position_embedding.weight": "visual.positional_embedding",
    "vision_model.pre_layrnorm.": "visual.ln_pre.",  # spelled so
    "vision_model.post_layernorm.": "visual.ln_post.",
    "text_model.embeddings.token_embedding.": "token_embedding.",
    "text_model.embeddings.position_embedding.weight": "positional_embedding",
    "text_model.final_layer_norm.": "ln_final.",
}
PROJECTIONS = {"visual_projection.weight": "visual.proj", "text_projection.weight": "text_projection"}  # transposed
TOWERS = {"vision": "visual.transformer", "text": "transformer"}
IN_BLOCK = {
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "self_attn.out_proj": "attn.out_proj",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
}
QUERY, KEY, VALUE = (f"self_attn.{part}_proj" for part in "qkv")  # one matrix in open_clip, one upon the other
BLOCK = re.compile(r"(vision|text)_model\.encoder\.layers\.(\d+)\.(.+)\.(weight|bias)")
BUFFER = "embeddings.position_ids"  # in old files: the numbers from 0 on


def open_clip_state(weights: State) -> State:
    """The same weights for open_clip's CLIP; a name that CLIPModel does not have stays as it is."""
    made: State = {}
    for name, value in weights.items():
        found = BLOCK.fullmatch(name)
        if found is not None:
            made |= _of_block(weights, found, value)
        elif name in PROJECTIONS:
            made[PROJECTIONS[name]] = value.t().contiguous()
        elif not name.endswith(BUFFER):
            made[_outside(name)] = value
    return made


def _outside(name: str) -> str:
    for theirs, ours in BEGINNINGS.items():
        if name == theirs or (theirs.endswith(".") and name.startswith(theirs)):
            return ours + name.removeprefix(theirs)
    return name


def _of_block(weights: State, found: re.Match[str], value: Tensor) -> State:
    """A weight of a block; query, key and value come together, with the query."""
    tower, number, part, kind = found.groups()
    block = f"{TOWERS[tower]}.resblocks.{number}"
    if part in IN_BLOCK:
        return {f"{block}.{IN_BLOCK[part]}.{kind}": value}
    parts = [found.string.replace(part, one) for one in (QUERY, KEY, VALUE)]
    if part not in (QUERY, KEY, VALUE) or not all(name in weights for name in parts):
        return {found.string: value}
    return {f"{block}.attn.in_proj_{kind}": torch.cat([weights[name] for name in parts])} if part == QUERY else {}
