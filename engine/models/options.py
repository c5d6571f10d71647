"""The options that name a model and say how it is loaded, for every command line; loads nothing."""

from __future__ import annotations

import argparse
from dataclasses import fields
from typing import Any

from ..settings import KEY, ModelSettings, Setting
from .names import BUILT_IN, FORMS
from .precision import AUTO, PRECISIONS

FORMS_OF: dict[str, dict[str, Any]] = {  # what an option takes, by the annotation of its field
    "Channels | None": {"type": float, "nargs": 3, "metavar": ("R", "G", "B")},
    "int | None": {"type": int, "metavar": "N"},
}


def add_model_options(parser: argparse.ArgumentParser, model: str = BUILT_IN, more: str = "") -> None:
    """--model, --device, --precision, and those of `ModelSettings`; `model` is the default, `more` names more forms."""
    group = parser.add_argument_group("model")
    group.add_argument("--model", default=model, help=f"{FORMS}{more}; default: %(default)s")
    group.add_argument("--device", default="auto", help="cpu, cuda, mps or auto: the fastest that is there (default)")
    group.add_argument(
        "--precision", choices=[*PRECISIONS, AUTO], default="fp32",
        help="of the weights; auto: bf16 where the device has instructions for it, else fp32; default: fp32",
    )  # fmt: skip
    for one in fields(ModelSettings):
        known: Setting = one.metadata[KEY]
        form: dict[str, Any] = {"choices": known.choices} if known.choices else FORMS_OF[str(one.type)]
        more = f": {known.more}" if known.more else ""
        help_ = f"{known.what}{more}; default: as published with the weights"
        group.add_argument(option(one.name), help=help_, **form)


def as_options(settings: ModelSettings) -> list[str]:
    """The words of a command line that give these settings."""
    line: list[str] = []
    for one in fields(ModelSettings):
        value = getattr(settings, one.name)
        if value is not None:
            line += [option(one.name), *(map(repr, value) if isinstance(value, tuple) else [str(value)])]
    return line


def option(name: str) -> str:
    """The option of a field of `ModelSettings`."""
    return f"--{name.replace('_', '-')}"


def model_settings(args: argparse.Namespace) -> ModelSettings:
    """What these options say; raises `EngineError` for values that cannot be used."""
    values: dict[str, Any] = {one.name: getattr(args, one.name) for one in fields(ModelSettings)}
    for name in ("mean", "std"):
        values[name] = values[name] and tuple(values[name])
    return ModelSettings(**values)
