"""What weights are read with: the preprocessing and the activation published with them, or what has to be assumed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import open_clip
from open_clip.transformer import QuickGELU
from torch import nn

from ..files import read_json
from ..settings import ModelSettings
from .options import option
from .preprocessing import PARTS
from .script import is_script, module_kinds

TWIN = "-quickgelu"  # ends the names of models that differ in their activation only
ACTIVATIONS = {"gelu": "GELU", "quickgelu": "QuickGELU"}  # for a person


@dataclass(frozen=True, slots=True)
class Reading:
    """The parts of a preprocessing that are known, and whether the activation is QuickGELU; what is left out, and None,
    is as the model's own configuration says. `assumed` has a sentence for everything that nobody says of the weights.
    """

    preprocessing: dict[str, Any]
    quick_gelu: bool | None
    assumed: tuple[str, ...] = ()

    def overruled(self, given: ModelSettings) -> Reading:
        """The same with what is given instead."""
        quick = self.quick_gelu if given.quick_gelu is None else given.quick_gelu
        return replace(self, preprocessing=self.preprocessing | given.preprocessing, quick_gelu=quick)


def of_tag(model: str, tag: str) -> Reading:
    """What was published with the weights of a tag."""
    published = open_clip.get_pretrained_cfg(model, tag)
    quick = bool(published.get("quick_gelu") or _config(model).get("quick_gelu"))
    return Reading({part: published[part] for part in PARTS if part in published}, quick)


def of_file(model: str, file: Path | None, given: ModelSettings) -> Reading:
    """What most published weights of the model are read with, the first ones at a tie, for a file of one's own.

    A TorchScript archive tells its activation itself. Where nothing is published, OpenAI's preprocessing is assumed.
    """
    tags = [of_tag(model, tag) for tag in open_clip.list_pretrained_tags_by_model(model)]
    usual = tags[_commonest(tags)] if tags else Reading({}, bool(_config(model).get("quick_gelu")))
    assumed = _about_preprocessing(model, tags, usual, given)
    if file is not None and is_script(file):
        return replace(usual, quick_gelu="QuickGELU" in module_kinds(file), assumed=assumed)
    return replace(usual, assumed=assumed + _about_activation(model, tags, usual, given))


def of_folder(config: Path, given: ModelSettings) -> Reading:
    """What a model's own configuration file leaves open."""
    described = read_json(config, "the configuration of a model") if config.is_file() else {}
    said = (described.get("preprocess_cfg") if isinstance(described, dict) else None) or {}
    return Reading({}, None, about_channels(config.name, said, given))


def about_channels(file: str, said: Mapping[str, Any], given: ModelSettings) -> tuple[str, ...]:
    """A sentence where a model's configuration `file` gives no mean or std, and neither does anybody else."""
    missing = [part for part in ("mean", "std") if part not in said and part not in given.preprocessing]
    if not missing:
        return ()
    return (f"{file} of this model gives no {' and no '.join(missing)}: OpenAI's are taken; {_options(missing)}.",)


def activation_of(model: nn.Module) -> str:
    """The key of `ACTIVATIONS` that a model was built with."""
    return "quickgelu" if any(isinstance(module, QuickGELU) for module in model.modules()) else "gelu"


def _commonest(tags: list[Reading]) -> int:
    ways = [(sorted(tag.preprocessing.items()), tag.quick_gelu) for tag in tags]
    counts = Counter(map(repr, ways))
    return max(range(len(ways)), key=lambda place: counts[repr(ways[place])])


def _about_preprocessing(model: str, tags: list[Reading], usual: Reading, given: ModelSettings) -> tuple[str, ...]:
    open_parts = [part for part in ("mean", "std", "resize_mode", "interpolation") if part not in given.preprocessing]
    if not tags:
        note = f"Nothing is published under the name {model}: OpenAI's preprocessing is taken; {_options(open_parts)}."
        return (note,) if open_parts else ()
    mine = usual.preprocessing
    differing = [part for part in open_parts if any(tag.preprocessing.get(part) != mine.get(part) for tag in tags)]
    if not differing:
        return ()
    alike = sum(tag.preprocessing == mine for tag in tags)
    listed = " and ".join(part.replace("_", " ") for part in differing)
    return (
        f"The published weights of {model} differ in {listed}: what {alike} of {len(tags)} have is taken;"
        f" {_options(differing)}.",
    )


def _about_activation(model: str, tags: list[Reading], usual: Reading, given: ModelSettings) -> tuple[str, ...]:
    """A sentence where the file fits a model of the other activation too, and neither it nor anybody says which."""
    if given.activation is not None or model + TWIN not in open_clip.list_models():
        return ()
    taken, other = ("quickgelu", "gelu") if usual.quick_gelu else ("gelu", "quickgelu")
    alike = sum(tag.quick_gelu == usual.quick_gelu for tag in tags)
    why = f", as {alike} of {len(tags)} published weights of {model} have it" if tags else ""
    name = "" if usual.quick_gelu else f"the name {model}{TWIN} or "
    return (
        f"The file fits GELU and QuickGELU alike and does not say which it was trained with: {ACTIVATIONS[taken]} is"
        f" taken{why}; {name}--activation {other} takes the other.",
    )


def _options(parts: list[str]) -> str:
    named = [option(part) for part in parts]
    return (
        f"{' and '.join(named) if len(named) < 3 else ', '.join(named)} {'give' if len(named) > 1 else 'gives'} another"
    )


def _config(model: str) -> dict:
    return open_clip.get_model_config(model) or {}
