"""From a name to a model on a device, or one sentence on why there is none."""

from __future__ import annotations

import difflib
import json
from pathlib import Path

import open_clip
import torch

from ..errors import EngineError, require
from ..types import SEVEN_TEMPLATES
from .model import Backbone

FIELDGUIDE = Path(__file__).resolve().parents[2] / "assets" / "fieldguide"
BUILT_IN = "fieldguide"


def choose_device(device: str | None = None) -> torch.device:
    """`device` if given, else CUDA, else Apple's MPS, else the CPU. Raises `EngineError` for one that is not there."""
    if device is None:
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        torch.zeros(1, device=device)
        return torch.device(device)
    except (RuntimeError, AssertionError) as error:
        raise EngineError(f"Expected a device such as cpu or cuda; “{device}” is not available here.") from error


def load_backbone(name: str = BUILT_IN, device: str | None = None) -> Backbone:
    """Load a model: `fieldguide` (built in), `MODEL/TAG` or `MODEL/CHECKPOINT-FILE` with an open_clip model name,
    `hf-hub:ORG/NAME`, or `local-dir:FOLDER` in open_clip's folder format.

    Raises `EngineError` when the name, folder, file or network is not what it should be.
    """
    target = choose_device(device)
    full = f"local-dir:{FIELDGUIDE}" if name == BUILT_IN else name
    model_name, tag = _split(full)
    published = open_clip.get_pretrained_cfg(model_name, tag) if tag else {}
    try:
        model = open_clip.create_model(
            model_name,
            pretrained=tag,
            device=target,
            force_quick_gelu=bool(published.get("quick_gelu")),  # OpenAI's activation; without it answers are wrong
            require_pretrained=True,
            pretrained_text=False,
        )
        tokenizer = open_clip.get_tokenizer(model_name)
    except (OSError, RuntimeError, ValueError, LookupError, EOFError, ImportError) as error:
        raise EngineError(_why_not(name, error)) from error
    except Exception as error:  # safetensors and pickle raise their own kinds
        if type(error).__module__.split(".")[0] not in ("safetensors", "pickle", "_pickle", "huggingface_hub"):
            raise
        raise EngineError(_why_not(name, error)) from error
    config = model.visual.preprocess_cfg
    words, templates = _declared(full, "words.json"), _declared(full, "templates.json")
    return Backbone(
        model,
        tokenizer,
        name,
        config["mean"],
        config["std"],
        config.get("resize_mode", "shortest"),
        None if words is None else frozenset(words),
        SEVEN_TEMPLATES if templates is None else templates,
    )


def _split(name: str) -> tuple[str, str | None]:
    if name.startswith(("hf-hub:", "local-dir:")):
        return name, None
    model, _, tag = name.partition("/")
    known = open_clip.list_models()
    require(model in known, _unknown_model(model, known))
    tags = open_clip.list_pretrained_tags_by_model(model)
    if tag in tags or (tag and Path(tag).is_file()):
        return model, tag
    require(
        "/" not in tag and not tag.endswith((".pt", ".pth", ".bin", ".safetensors")),
        f"There is no checkpoint file “{tag}” for {model}.",
    )
    raise EngineError(f"Expected {model}/TAG with a tag such as {', '.join(tags[:4]) or 'a file'}; got “{tag}”.")


def _unknown_model(model: str, known: list[str]) -> str:
    close = difflib.get_close_matches(model, known, 3, 0.4)
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    return (
        f"“{model}” is not a model name: expected {BUILT_IN}, an open_clip name such as ViT-B-32/openai,"
        f" hf-hub:ORG/NAME or local-dir:FOLDER.{hint}"
    )


def _why_not(name: str, error: Exception) -> str:
    text = f"{type(error).__name__}: {error}".replace("\n", " ")
    lowered = text.lower()
    if any(sign in lowered for sign in ("connection", "resolve", "offline", "network", "timed out", "max retries")):
        return f"{name} is not on this machine and could not be downloaded: no connection to the model hub."
    if any(sign in lowered for sign in ("404", "not found", "no such file", "missing")) and "key" not in lowered:
        return f"{name} could not be found: {text[:160]}"
    return f"{name} is not a checkpoint that open_clip can read: {text[:160]}"


def _declared(name: str, file: str) -> tuple[str, ...] | None:
    """What a model folder declares in words.json (its closed vocabulary) or templates.json (its prompt ensemble)."""
    path = Path(name.removeprefix("local-dir:")) / file
    if not name.startswith("local-dir:") or not path.is_file():
        return None
    return tuple(json.loads(path.read_text(encoding="utf-8")))
