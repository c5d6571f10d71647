"""From a name to a model on a device, or one sentence on why there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..classes import SEVEN_TEMPLATES, require_templates
from ..errors import EngineError, clause, require
from ..files import read_json
from ..settings import ModelSettings
from .build import build, fetch_parts, fill
from .device import choose_device, choose_format, place
from .familiarity import FamiliarityMeasure, read_measure
from .hub import Report
from .model import Backbone
from .names import BUILT_IN, Source, parse, sized
from .picture_size import resize_pictures
from .preprocessing import Preprocessing
from .towers import Clip
from .weights import UNREADABLE, difference, fit, read_weights


def load_backbone(
    name: str = BUILT_IN,
    device: str | None = None,
    precision: str = "fp32",
    progress: Report | None = None,
    settings: ModelSettings = ModelSettings(),  # noqa: B008  it is frozen
) -> Backbone:
    """Load a model: `fieldguide` (built in), `MODEL/TAG` or `MODEL/CHECKPOINT-FILE` with an open_clip model name,
    `hf-hub:ORG/NAME`, or `local-dir:FOLDER` in open_clip's folder format.

    A hub model or folder without a configuration of open_clip's own is read as transformers' CLIPModel. `BASE+FILE`
    puts the image tower of FILE (as TeCoA and FARE publish theirs) into any of these; `difference` of the backbone
    tells how far it moved. `@N` behind a name is the same as `image_size` in `settings`. `precision` is a key of
    `PRECISIONS`, or `auto`: bf16 where the device has instructions for it, else fp32. `progress` is told of every piece
    that a download brings.

    Preprocessing and activation are those published with the weights; a CHECKPOINT-FILE takes those that most published
    weights of its model have, and `assumed` of the backbone says what nobody says of it. `settings` goes before all of
    that. Raises `EngineError` when name, folder, file, network, device, precision or settings are not what they should
    be.
    """
    target = choose_device(device)
    dtype = choose_format(precision, target)
    source = parse(name)
    name, settings = _with_size(name, source, settings)
    given = {part: read_weights(path) for part in ("file", "tower") if (path := getattr(source, part))}
    try:
        parts = fetch_parts(source, settings, progress)
        model, tokenizer = build(parts)
    except EngineError:
        raise
    except ImportError as error:
        raise EngineError(f"{name} needs the package {error.name}: pip install {error.name}.") from error
    except UNREADABLE as error:
        raise EngineError(_why_not(name, error)) from error
    if source.file is not None:
        fill(model, given["file"], source.file)
    moved = None
    if source.tower is not None:
        before = {key: value.clone() for key, value in model.visual.state_dict().items()}
        fit(given["tower"], model.visual, source.tower)
        moved = difference(before, model.visual.state_dict())
    if settings.image_size is not None:
        resize_pictures(model, settings.image_size, name)
    _require_numbers(model, name)
    place(model, target, dtype)
    words = _declared(source.folder, "words.json")
    backbone = Backbone(
        model,
        tokenizer,
        name,
        Preprocessing.configured(model.visual.preprocess_cfg),
        None if words is None else frozenset(words),
        _templates(source.folder),
        moved,
        settings,
        parts.reading.assumed,
        None if source.tower is not None else _measure(source.folder, model),
    )
    require(
        settings.activation in (None, backbone.activation),
        f"{name} has no transformer of open_clip's own, so its activation cannot be {settings.activation}.",
    )
    return backbone


def fetch_model(name: str, progress: Report | None = None) -> None:
    """Bring what `load_backbone(name)` needs to this machine, where it is missing; `progress` as there.

    Raises `EngineError` for a name that means nothing and for what the hub refuses. What `progress` raises ends the
    download; files that were whole by then stay.
    """
    fetch_parts(parse(name), ModelSettings(), progress)


def _require_numbers(model: Clip, name: str) -> None:
    """Raises `EngineError` where a weight is no number, as in files that were damaged or saved by a training that had
    failed: every answer would be none."""
    for key, value in model.state_dict().items():
        numbers = not value.is_floating_point() or key.endswith("attn_mask") or bool(value.isfinite().all())
        require(numbers, f"{name} holds weights that are no numbers, such as {key}.")


def _with_size(name: str, source: Source, settings: ModelSettings) -> tuple[str, ModelSettings]:
    """Name and settings that both tell the size of pictures that either asks for, so that no two models share a name.

    Raises `EngineError` where they ask for different ones.
    """
    asked = settings.image_size
    require(
        asked is None or source.size in (None, asked),
        f"{name} asks for pictures of {source.size} pixels and image_size for {asked}; give one of them.",
    )
    return sized(name, asked), replace(settings, image_size=asked or source.size)


def _why_not(name: str, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{name} could not be found: {clause(str(error), 400)}."
    return f"{name} is not a checkpoint that open_clip can read: {clause(f'{type(error).__name__}: {error}', 160)}."


def _measure(folder: Path | None, model: Clip) -> FamiliarityMeasure | None:
    """What a model folder tells familiar pictures by; an image tower that was put in has nothing of the kind."""
    if folder is None or not hasattr(model.visual, "transformer"):
        return None
    return read_measure(folder, len(model.visual.transformer.resblocks), model.visual.positional_embedding.shape[-1])


def _templates(folder: Path | None) -> tuple[str, ...]:
    """The prompt ensemble of a model folder, else the literature's."""
    declared = _declared(folder, "templates.json")
    if declared is None:
        return SEVEN_TEMPLATES
    try:
        require_templates(declared)
    except EngineError as error:
        raise EngineError(f"templates.json of “{folder}”: {error}") from error
    return declared


def _declared(folder: Path | None, file: str) -> tuple[str, ...] | None:
    """What a model folder declares in words.json (its closed vocabulary) or templates.json (its prompt ensemble)."""
    if folder is None or not (folder / file).is_file():
        return None
    texts = read_json(folder / file, "a JSON list of texts")
    listed = isinstance(texts, list) and all(isinstance(one, str) for one in texts)
    require(listed, f"Expected a JSON list of texts; “{folder / file}” is none.")
    return tuple(texts)
