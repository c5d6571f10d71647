"""All that a CLIPModel is made of, from its repository or folder: what is cheap to read comes first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import EngineError, require
from ...files import read_json
from ...settings import ModelSettings
from ..published import Reading, about_channels
from . import config, pictures

WEIGHTS = ("model.safetensors", "pytorch_model.bin")  # the safer first
INDEX = ".index.json"  # behind the name of weights that lie in several files

Find = Callable[[str], Path | None]  # a file by its name, None where there is none


@dataclass(frozen=True, slots=True)
class CLIPModelParts:
    """What open_clip builds a CLIPModel from: its own `model_cfg`, the weights' files, and what these are read with."""

    config: dict[str, Any]
    weights: tuple[Path, ...]
    reading: Reading


def fetch_clip_model(find: Find, owner: str, given: ModelSettings) -> CLIPModelParts:
    """The parts of the model whose files `find` finds; `owner` is its repository or folder in sentences.

    Raises `EngineError` for what cannot be read as a CLIPModel, before its weights are asked for.
    """
    path = find(config.FILE)
    if path is None:
        raise EngineError(f"{owner} has no {config.FILE}.")
    described = config.described(read_json(path, "the configuration of a model"), owner)
    said, size = _processor(find), described["vision_cfg"]["image_size"]
    parts = {} if said is None else pictures.preprocessing(said, size, owner)
    assumed = about_channels(pictures.FILE, {}, given) if said is None else ()  # its own defaults are OpenAI's too
    reading = Reading(parts, described.pop("quick_gelu"), assumed)
    weights = _weights(find)
    forms = [*WEIGHTS, *(name + INDEX for name in WEIGHTS)]
    require(bool(weights), f"{owner} has none of the files {', '.join(forms[:-1])} and {forms[-1]}.")
    return CLIPModelParts(described, weights, reading)


def is_whole(find: Find) -> bool:
    """Whether `find` finds a configuration and all files of the weights."""
    try:
        return find(config.FILE) is not None and bool(_weights(find))
    except EngineError:  # of an index whose files are not all there
        return False


def _weights(find: Find) -> tuple[Path, ...]:
    """The files of the weights, one or several; empty where there are none.

    Raises `EngineError` for an index that lists a file which is not there.
    """
    for name in WEIGHTS:
        if (path := find(name)) is not None:
            return (path,)
        if (index := find(name + INDEX)) is not None:
            return tuple(_shard(find, shard, index) for shard in _shards(index))
    return ()


def _shards(index: Path) -> list[str]:
    """The names of the files that an index says the weights lie in."""
    said = read_json(index, "an index of weights")
    listed = said.get("weight_map") if isinstance(said, dict) else None
    names = set(listed.values()) if isinstance(listed, dict) else set()
    plain = all(isinstance(name, str) and name == Path(name).name for name in names)
    require(bool(names) and plain, f"Expected a weight_map that names files beside it; “{index}” has none.")
    return sorted(names)


def _shard(find: Find, name: str, index: Path) -> Path:
    path = find(name)
    if path is None:
        raise EngineError(f"{index.name} lists {name}, which is not there.")
    return path


def _processor(find: Find) -> dict[str, Any] | None:
    """What the image processor's configuration says; None where there is none."""
    for name in (pictures.NESTED, pictures.FILE):
        if (path := find(name)) is None:
            continue
        said = read_json(path, "the configuration of an image processor")
        require(isinstance(said, dict), f"Expected the configuration of an image processor; “{path}” has none.")
        if name == pictures.FILE:
            return said
        if isinstance(said.get(pictures.PART), dict):
            return said[pictures.PART]
    return None
