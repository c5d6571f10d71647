"""From a name to a model on a device, or one sentence on why there is none."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import open_clip
import torch
import torch.nn.functional as F
from open_clip.model import convert_to_custom_text_state_dict
from torch import nn

from ..errors import EngineError, require
from ..precision import PRECISIONS
from ..types import SEVEN_TEMPLATES
from .hub import Report, fetch_model, fetch_weights, has_model, has_weights
from .model import Backbone
from .names import BUILT_IN, Source, parse
from .weights import difference, fit, read_weights

PREPROCESSING = ("mean", "std", "interpolation", "resize_mode")


def choose_device(device: str | None = None) -> torch.device:
    """`device` if given and not `auto`, else CUDA, else Apple's MPS, else the CPU.

    Raises `EngineError` for one that is not there.
    """
    if device in (None, "auto"):
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        torch.zeros(1, device=device)
        return torch.device(device)
    except (RuntimeError, AssertionError) as error:
        raise EngineError(f"Expected a device such as cpu or cuda; “{device}” is not available here.") from error


def load_backbone(
    name: str = BUILT_IN, device: str | None = None, precision: str = "fp32", progress: Report | None = None
) -> Backbone:
    """Load a model: `fieldguide` (built in), `MODEL/TAG` or `MODEL/CHECKPOINT-FILE` with an open_clip model name,
    `hf-hub:ORG/NAME`, or `local-dir:FOLDER` in open_clip's folder format.

    `BASE+FILE` puts the image tower of FILE (as TeCoA and FARE publish theirs) into any of these; `difference` of the
    backbone tells how far it moved. `precision` is a key of `PRECISIONS`. `progress` is told of every piece that a
    download brings. Raises `EngineError` when name, folder, file, network, device or precision is not what it should
    be.
    """
    target = choose_device(device)
    _require_format(target, precision)
    source = parse(name)
    given = {part: read_weights(path) for part in ("file", "tower") if (path := getattr(source, part))}
    try:
        model, tokenizer = _build(_fetched(source, progress))
    except ImportError as error:
        raise EngineError(f"{name} needs the package {error.name}: pip install {error.name}.") from error
    except EngineError:
        raise
    except (OSError, RuntimeError, ValueError, LookupError, EOFError) as error:
        raise EngineError(_why_not(name, error)) from error
    except Exception as error:  # safetensors and pickle raise their own kinds
        if type(error).__module__.split(".")[0] not in ("safetensors", "pickle", "_pickle"):
            raise
        raise EngineError(_why_not(name, error)) from error
    if "file" in given:
        _fill(model, given["file"], source.file)
    moved = None
    if "tower" in given:
        before = {key: value.clone() for key, value in model.visual.state_dict().items()}
        fit(given["tower"], model.visual, source.tower)
        moved = difference(before, model.visual.state_dict())
    _place(model, target, PRECISIONS[precision])
    config = model.visual.preprocess_cfg
    words, templates = _declared(source.folder, "words.json"), _declared(source.folder, "templates.json")
    return Backbone(
        model,
        tokenizer,
        name,
        config["mean"],
        config["std"],
        config.get("resize_mode", "shortest"),
        None if words is None else frozenset(words),
        SEVEN_TEMPLATES if templates is None else templates,
        moved,
    )


def is_here(name: str) -> bool:
    """Whether a model can be loaded without a download. Raises `EngineError` for a name that means nothing."""
    source = parse(name)
    if source.repo is not None:
        return has_model(source.repo)
    return source.tag is None or has_weights(*_on_hub(open_clip.get_pretrained_cfg(source.model, source.tag)))


def _on_hub(published: dict) -> tuple[str, str]:
    """Repository and file of a tag's weights; the file is empty where it has the usual name."""
    repo, _, file = published["hf_hub"].rpartition("/")
    return repo, file


def _require_format(device: torch.device, precision: str) -> None:
    require(precision in PRECISIONS, f"Expected a precision of {', '.join(PRECISIONS)}; got “{precision}”.")
    try:
        x = torch.zeros(1, 3, 4, 4, device=device, dtype=PRECISIONS[precision], requires_grad=True)
        torch.autograd.grad(F.layer_norm(F.conv2d(x, x[..., :1, :1]) @ x, (4,)).sum(), x)
    except (RuntimeError, TypeError) as error:
        raise EngineError(f"{device} cannot compute in {precision}; choose another precision.") from error


def _place(model: nn.Module, device: torch.device, dtype: torch.dtype) -> None:
    """Move the model; the scale of its logits stays exact, as a rounded one would change every confidence."""
    scale = model.logit_scale.data.clone()
    model.to(device, dtype)
    model.logit_scale.data = scale.to(device)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What open_clip builds from: a model's name, the file of its weights, and what was published about them."""

    model: str
    weights: Path | None
    published: dict
    tokenizer: str


def _fetched(source: Source, progress: Report | None) -> _Parts:
    """The parts on this machine, downloaded where they are missing."""
    if source.repo is not None:
        folder = f"local-dir:{fetch_model(source.repo, progress)}"
        words = open_clip.get_model_config(folder).get("text_cfg", {})
        return _Parts(folder, None, {}, source.model if words.get("hf_tokenizer_name") else folder)
    if source.tag is None:
        return _Parts(source.model, None, {}, source.model)
    published = open_clip.get_pretrained_cfg(source.model, source.tag)
    return _Parts(source.model, fetch_weights(*_on_hub(published), progress), published, source.model)


def _build(parts: _Parts) -> tuple[nn.Module, object]:
    """Model and tokenizer; a plain name without weights becomes a model that waits for them."""
    empty = parts.weights is None and ":" not in parts.model
    with _quiet():
        model = open_clip.create_model(
            parts.model,
            pretrained=parts.weights and str(parts.weights),
            load_weights=not empty,
            # OpenAI's activation; without it answers are wrong
            force_quick_gelu=bool(parts.published.get("quick_gelu")),
            force_preprocess_cfg={key: parts.published[key] for key in PREPROCESSING if key in parts.published},
            require_pretrained=not empty,
            pretrained_text=False,
        )
        return model, open_clip.get_tokenizer(parts.tokenizer)


@contextmanager
def _quiet() -> Iterator[None]:
    """open_clip warns, on the root logger, of weights that are filled in later and of what becomes an error here."""

    def foreign(record: logging.LogRecord) -> bool:
        return "open_clip" not in record.pathname

    logging.getLogger().addFilter(foreign)
    try:
        yield
    finally:
        logging.getLogger().removeFilter(foreign)


def _fill(model: nn.Module, weights: dict[str, torch.Tensor], path: Path) -> None:
    """Put a whole model's weights into it, those of an older layout too, where the text tower had no name."""
    if hasattr(model, "text") and "text_projection" in weights:
        weights = convert_to_custom_text_state_dict(weights)
    fit(weights, model, path)


def _why_not(name: str, error: Exception) -> str:
    text = " ".join(f"{type(error).__name__}: {error}".split())
    if isinstance(error, FileNotFoundError):
        return f"{name} could not be found: {text[:160]}"
    return f"{name} is not a checkpoint that open_clip can read: {text[:160]}"


def _declared(folder: Path | None, file: str) -> tuple[str, ...] | None:
    """What a model folder declares in words.json (its closed vocabulary) or templates.json (its prompt ensemble)."""
    if folder is None or not (folder / file).is_file():
        return None
    return tuple(json.loads((folder / file).read_text(encoding="utf-8")))
