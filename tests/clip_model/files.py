"""Files in the layout of CLIPModel: those of the cases, and of any model of open_clip by the inverse of our table."""

import json
from pathlib import Path

import torch
from safetensors.torch import save

from tests.clip_model.cases import PROCESSORS, config, weights

State = dict[str, torch.Tensor]


def layout(
    state: State | None = None, described: dict | None = None, processor: dict | None = PROCESSORS["usual"]
) -> dict[str, bytes]:
    """The files of a repository: those of the case “gelu” where nothing else is given."""
    files = {
        "config.json": json.dumps(config() if described is None else described).encode(),
        "model.safetensors": save(weights() if state is None else state),
    }
    return files if processor is None else files | {"preprocessor_config.json": json.dumps(processor).encode()}


def sharded(state: State) -> dict[str, bytes]:
    """The weights in two files and an index of these."""
    names = sorted(state)
    parts = {f"model-0000{n + 1}-of-00002.safetensors": names[n::2] for n in range(2)}
    index = {"metadata": {}, "weight_map": {name: file for file, own in parts.items() for name in own}}
    files = {file: save({name: state[name] for name in own}) for file, own in parts.items()}
    return files | {"model.safetensors.index.json": json.dumps(index).encode()}


def written(folder: Path, files: dict[str, bytes]) -> str:
    """The name of the model in a new folder with these files."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return f"local-dir:{folder}"


def as_clip_model(state: State) -> State:
    """The weights of open_clip's CLIP as transformers names and shapes them."""
    made = {"vision_model.embeddings.position_ids": torch.arange(50)[None]}
    ends = {"visual.proj": "visual_projection.weight", "text_projection": "text_projection.weight"}
    for name, value in state.items():
        tower = "vision_model" if name.startswith("visual.") else "text_model"
        own = name.removeprefix("visual.")
        if name in ends:
            made[ends[name]] = value.T.contiguous()
        elif name == "logit_scale":
            made[name] = value
        elif ".attn.in_proj_" in own:
            block, kind = own.split(".")[2], own.rpartition("_")[2]
            for part, third in zip("qkv", value.chunk(3), strict=True):
                made[f"{tower}.encoder.layers.{block}.self_attn.{part}_proj.{kind}"] = third.contiguous()
        else:
            made[f"{tower}.{_theirs(own)}"] = value
    return made


def _theirs(own: str) -> str:
    for ours, theirs in (
        ("transformer.resblocks.", "encoder.layers."),
        (".attn.out_proj.", ".self_attn.out_proj."),
        (".ln_1.", ".layer_norm1."),
        (".ln_2.", ".layer_norm2."),
        (".mlp.c_fc.", ".mlp.fc1."),
        (".mlp.c_proj.", ".mlp.fc2."),
        ("conv1.weight", "embeddings.patch_embedding.weight"),
        ("ln_pre.", "pre_layrnorm."),
        ("ln_post.", "post_layernorm."),
        ("ln_final.", "final_layer_norm."),
    ):
        own = own.replace(ours, theirs)
    if own in ("positional_embedding", "class_embedding", "token_embedding.weight"):
        own = "embeddings." + {"positional_embedding": "position_embedding.weight"}.get(own, own)
    return own
