"""What open_clip makes a model of, fetched where it is missing, and the making."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import open_clip
from open_clip.model import convert_to_custom_text_state_dict
from torch import nn

from ..errors import EngineError, require
from .hub import Report, fetch_config, fetch_weights, has_model, has_weights
from .names import Source, parse
from .preprocessing import PARTS
from .script import is_script, module_kinds
from .towers import Clip, Tokenizer
from .weights import State, fit


@dataclass(frozen=True, slots=True)
class Parts:
    """What open_clip builds from: a model's name, the file of its weights, and what was published about them."""

    model: str
    weights: Path | None
    published: dict
    tokenizer: str


def fetch_parts(source: Source, progress: Report | None = None) -> Parts:
    """The parts on this machine, downloaded where they are missing; `progress` is told of every piece.

    Raises `EngineError` for what the hub refuses and for a package that is not installed.
    """
    if source.repo is not None:
        folder, config = fetch_config(source.repo, progress)
        foreign = _reads_with_transformers(source.model, config)
        fetch_weights(source.repo, "", progress)
        return Parts(f"local-dir:{folder}", None, {}, source.model if foreign else f"local-dir:{folder}")
    if source.folder is None:
        _reads_with_transformers(source.model, open_clip.get_model_config(source.model) or {})
    if source.tag is None:
        quick = source.file is not None and is_script(source.file) and "QuickGELU" in module_kinds(source.file)
        return Parts(source.model, None, {"quick_gelu": quick}, source.model)
    published = open_clip.get_pretrained_cfg(source.model, source.tag)
    try:
        weights = fetch_weights(*_on_hub(published), progress)
    except EngineError as error:  # it names the repository, which nobody asked for by that name
        raise EngineError(f"{source.model}/{source.tag}: {error}") from error
    return Parts(source.model, weights, published, source.model)


def build(parts: Parts) -> tuple[Clip, Tokenizer]:
    """Model and tokenizer; a plain name without weights becomes a model that waits for them."""
    empty = parts.weights is None and ":" not in parts.model
    with _quiet():
        model = open_clip.create_model(
            parts.model,
            pretrained=None if parts.weights is None else str(parts.weights),
            load_weights=not empty,
            # OpenAI's activation; without it answers are wrong
            force_quick_gelu=bool(parts.published.get("quick_gelu")),
            force_preprocess_cfg={key: parts.published[key] for key in PARTS if key in parts.published},
            require_pretrained=not empty,
            pretrained_text=False,
        )
        return cast(Clip, model), open_clip.get_tokenizer(parts.tokenizer)


def fill(model: nn.Module, weights: State, path: Path) -> None:
    """Put a whole model's weights into it, those of an older layout too, where the text tower had no name."""
    if hasattr(model, "text") and "text_projection" in weights:
        weights = convert_to_custom_text_state_dict(weights)
    fit(weights, model, path)


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


def _reads_with_transformers(name: str, config: dict) -> bool:
    """Whether the model has a tokenizer or text tower of transformers; refused where that is not installed."""
    text = config.get("text_cfg", {})
    foreign = bool(text.get("hf_tokenizer_name") or text.get("hf_model_name"))
    require(
        not foreign or find_spec("transformers") is not None,
        f"{name} needs the package transformers: pip install transformers.",
    )
    return foreign


@contextmanager
def _quiet() -> Generator[None]:
    """open_clip warns, on the root logger, of weights that are filled in later and of what becomes an error here."""

    def foreign(record: logging.LogRecord) -> bool:
        return "open_clip" not in record.pathname

    logging.getLogger().addFilter(foreign)
    try:
        yield
    finally:
        logging.getLogger().removeFilter(foreign)
