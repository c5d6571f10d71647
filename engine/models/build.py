"""What open_clip makes a model of, fetched where it is missing, and the making."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import open_clip
from open_clip.model import convert_to_custom_text_state_dict
from torch import nn

from ..errors import EngineError, require
from ..settings import ModelSettings
from . import published
from .hub import (
    CONFIG,
    NotReached,
    Report,
    cached_file,
    fetch_config,
    fetch_file,
    fetch_weights,
    has_model,
    has_weights,
)
from .names import Source, parse
from .published import Reading
from .towers import Clip, Tokenizer
from .transformers_layout.build import build_clip_model
from .transformers_layout.config import FILE as TRANSFORMERS_CONFIG
from .transformers_layout.fetch import CLIPModelParts, Find, fetch_clip_model, is_whole
from .undrawn import Undrawn
from .weights import State, fit


@dataclass(frozen=True, slots=True)
class Parts:
    """What open_clip builds from: a model's name, the file of its weights, and what these are read with."""

    model: str
    weights: Path | None
    reading: Reading
    tokenizer: str


def fetch_parts(source: Source, given: ModelSettings, progress: Report | None = None) -> Parts | CLIPModelParts:
    """The parts on this machine, downloaded where they are missing; `progress` is told of every piece.

    What is `given` goes before what was published. Raises `EngineError` for what the hub refuses and for a package that
    is not installed.
    """
    parts = _published_parts(source, given, progress)
    return replace(parts, reading=parts.reading.overruled(given))


def _published_parts(source: Source, given: ModelSettings, progress: Report | None) -> Parts | CLIPModelParts:
    if source.repo is not None:
        found, find = _described(source.repo, progress)
        if found is None:
            return fetch_clip_model(find, source.repo, given)
        folder, config = found
        foreign = _reads_with_transformers(source.model, config)
        fetch_weights(source.repo, "", progress)
        reading = published.of_folder(folder / CONFIG, given)
        return Parts(f"local-dir:{folder}", None, reading, source.model if foreign else f"local-dir:{folder}")
    if source.folder is not None:
        if not (source.folder / CONFIG).is_file() and (source.folder / TRANSFORMERS_CONFIG).is_file():
            return fetch_clip_model(partial(_in_folder, source.folder), f"“{source.folder}”", given)
        return Parts(source.model, None, published.of_folder(source.folder / CONFIG, given), source.model)
    _reads_with_transformers(source.model, open_clip.get_model_config(source.model) or {})
    if source.tag is None:
        return Parts(source.model, None, published.of_file(source.model, source.file, given), source.model)
    try:
        weights = fetch_weights(*_on_hub(source.model, source.tag), progress)
    except EngineError as error:  # it names the repository, which nobody asked for by that name
        raise EngineError(f"{source.model}/{source.tag}: {error}") from error
    return Parts(source.model, weights, published.of_tag(source.model, source.tag), source.model)


def _described(repo: str, progress: Report | None) -> tuple[tuple[Path, dict] | None, Find]:
    """What `fetch_config` gives, and what finds files of that repository.

    A CLIPModel that is here as a whole, brought by other tools, serves where the hub cannot be asked.
    """
    try:
        return fetch_config(repo, progress), partial(fetch_file, repo, report=progress)
    except NotReached:
        here = partial(cached_file, repo)
        if not is_whole(here):
            raise
        return None, here


def build(parts: Parts | CLIPModelParts) -> tuple[Clip, Tokenizer]:
    """Model and tokenizer; a plain name without weights becomes a model that waits for them."""
    if isinstance(parts, CLIPModelParts):
        return build_clip_model(parts)
    empty, quick = parts.weights is None and ":" not in parts.model, parts.reading.quick_gelu
    activation: dict[str, Any] = {} if quick is None else {"quick_gelu": quick}  # with the wrong one answers are wrong
    with _quiet(), nullcontext() if empty else Undrawn():
        model = open_clip.create_model(
            parts.model,
            pretrained=None if parts.weights is None else str(parts.weights),
            load_weights=not empty,
            force_preprocess_cfg=parts.reading.preprocessing,
            require_pretrained=not empty,
            pretrained_text=False,
            **activation,
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
        return has_model(source.repo) or is_whole(partial(cached_file, source.repo))
    return source.tag is None or has_weights(*_on_hub(source.model, source.tag))


def _in_folder(folder: Path, name: str) -> Path | None:
    return path if (path := folder / name).is_file() else None


def _on_hub(model: str, tag: str) -> tuple[str, str]:
    """Repository and file of a tag's weights; the file is empty where it has the usual name."""
    published: dict = open_clip.get_pretrained_cfg(model, tag)
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
