"""Weights from a checkpoint file: read safely, keys repaired, held against the module they are meant for."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from ..errors import EngineError, clause, require
from .script import is_script, read_script

State = dict[str, Tensor]
DAMAGED = (SafetensorError, pickle.UnpicklingError, zipfile.BadZipFile)
UNREADABLE = (*DAMAGED, OSError, RuntimeError, ValueError, LookupError, EOFError)  # what reading a file may raise

# TeCoA's own files hold the tower beside a prompter called state_dict, so the tower is asked for first.
WRAPPERS = ("vision_encoder_state_dict", "state_dict", "model_state_dict", "model", "visual")
PREFIXES = ("", "model.", "visual.", "model.visual.", "clip.", "clip.visual.")
NOT_WEIGHTS = ("mean", "std", "attn_mask", "position_ids", "input_resolution", "context_length", "vocab_size")


def read_weights(path: Path) -> State:
    """The tensors of a safetensors file, of a file that `torch.save` wrote, or of a TorchScript archive; no code of the
    file is run.

    Raises `EngineError` for a file that cannot be read or that holds no weights.
    """
    try:
        if path.suffix == ".safetensors":
            return dict(load_file(path))
        script = is_script(path)
        content = read_script(path) if script else torch.load(path, map_location="cpu", weights_only=True)
    except UNREADABLE as error:
        why = clause(str(error), 120)
        raise EngineError(f"“{path}” is not a checkpoint that can be read safely: {why}.") from error
    weights = _unwrapped(content)
    require(bool(weights), f"“{path}” holds no weights: expected a state_dict of tensors.")
    parallel = all(key.startswith("module.") for key in weights)
    return {key.removeprefix("module."): value for key, value in weights.items()} if parallel else weights


def _unwrapped(content: object) -> State:
    while isinstance(content, Mapping):
        inner = next((content[key] for key in WRAPPERS if isinstance(content.get(key), Mapping)), None)
        if inner is None:
            return {key: value for key, value in content.items() if isinstance(value, Tensor)}
        content = inner
    return {}


def fit(weights: State, module: nn.Module, path: Path) -> None:
    """Copy `weights` into `module`, whatever prefix their keys have; what lies beside the prefix is left out.

    Raises `EngineError` with the first keys that are missing, unexpected or of another shape.
    """
    wanted = module.state_dict()
    prefix = max(PREFIXES, key=lambda p: len(wanted.keys() & _under(p, weights).keys()))
    found = _under(prefix, weights)
    missing = [key for key in wanted if key not in found]
    unexpected = [key for key in found if key not in wanted and key.split(".")[-1] not in NOT_WEIGHTS]
    found = {key: _shaped(found[key], value) for key, value in wanted.items() if key in found}
    shaped = [key for key, value in found.items() if value.shape != wanted[key].shape]
    problems = [
        *_problem("missing", missing),
        *_problem("unexpected", unexpected),
        *_problem("of another shape", [f"{k} {tuple(found[k].shape)}, not {tuple(wanted[k].shape)}" for k in shaped]),
    ]
    require(not problems, f"“{path}” does not fit this model: {'; '.join(problems)}.")
    module.load_state_dict(found)


def _under(prefix: str, weights: State) -> State:
    return {key.removeprefix(prefix): value for key, value in weights.items() if key.startswith(prefix)}


def _shaped(value: Tensor, wanted: Tensor) -> Tensor:
    """One number is one number, with or without an axis; everything else keeps its shape."""
    return value.reshape(wanted.shape) if value.numel() == wanted.numel() == 1 else value


def _problem(what: str, keys: list[str]) -> list[str]:
    more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
    return [f"{what} {', '.join(keys[:3])}{more}"] if keys else []


def difference(before: Mapping[str, Tensor], after: Mapping[str, Tensor]) -> float:
    """How far weights moved: the length of the change divided by the length of `before`, all tensors together."""
    pairs = [(old.cpu().double(), after[key].cpu().double()) for key, old in before.items()]
    moved = sum(float((new - old).square().sum()) for old, new in pairs)
    return (moved / sum(float(old.square().sum()) for old, _ in pairs)) ** 0.5
