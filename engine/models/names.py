"""The forms that a model's name can take, and what each of them points at; loads nothing."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from pathlib import Path

from ..assets import ASSETS
from ..errors import EngineError, require

FIELDGUIDE = ASSETS / "fieldguide"
BUILT_IN = "fieldguide"
FORMS = (
    f"{BUILT_IN} (built in), an open_clip MODEL/TAG such as ViT-B-32/openai, MODEL/FILE, hf-hub:ORG/NAME,"
    " local-dir:FOLDER, or one of these followed by +FILE for another image tower (TeCoA, FARE), or by @N for pictures"
    " of N pixels a side"
)
WEIGHTS = (".pt", ".pth", ".bin", ".safetensors", ".tar", ".ckpt")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a model comes from: `model` is a name for open_clip (with its schema), `tag` or `file` its weights.

    `tower` is a file with weights of the image tower that replace the model's own, `size` that of its pictures, in
    pixels a side (None: its own).
    """

    model: str
    tag: str | None = None
    file: Path | None = None
    tower: Path | None = None
    size: int | None = None

    @property
    def folder(self) -> Path | None:
        """The folder of a `local-dir:` model."""
        return Path(self.model.removeprefix("local-dir:")) if self.model.startswith("local-dir:") else None

    @property
    def repo(self) -> str | None:
        """The repository of an `hf-hub:` model."""
        return self.model.removeprefix("hf-hub:") if self.model.startswith("hf-hub:") else None


def parse(name: str) -> Source:
    """What `name` points at. Raises `EngineError` for a name, tag or file that does not exist."""
    base, at, size = name.rpartition("@")
    if at and re.fullmatch("[0-9]{1,4}", size) and not _stands_for_itself(name):
        return replace(_parse_sizeless(base), size=int(size))
    return _parse_sizeless(name)


def sized(name: str, size: int | None) -> str:
    """The name of the same model for pictures of `size` pixels a side (None: as the name says)."""
    return name if size is None or name.endswith(f"@{size}") else f"{name}@{size}"


def _parse_sizeless(name: str) -> Source:
    base, plus, tower = name.rpartition("+")
    if not plus or _stands_for_itself(name):
        return _parse_base(name)
    file = Path(tower).expanduser()
    require(file.is_file(), f"There is no checkpoint file “{tower}” to put into {base}.")
    return replace(_parse_base(base), tower=file)


def _stands_for_itself(name: str) -> bool:
    """Whether the plus or the @ in `name` is part of a path that exists."""
    if name.startswith("local-dir:"):
        return Path(name.removeprefix("local-dir:")).is_dir()
    return Path(name.partition("/")[2]).expanduser().is_file()


def _parse_base(name: str) -> Source:
    if name == BUILT_IN:
        return Source(f"local-dir:{FIELDGUIDE}")
    if name.startswith(("hf-hub:", "local-dir:")):
        return Source(name)
    import open_clip  # takes seconds and brings torch

    model, _, rest = name.partition("/")
    known = open_clip.list_models()
    if model not in known:
        raise EngineError(_unknown_model(model, known))
    tags = open_clip.list_pretrained_tags_by_model(model)
    if rest in tags:
        return Source(model, tag=rest)
    file = Path(rest).expanduser()
    if rest and file.is_file():
        return Source(model, file=file)
    require("/" not in rest and not rest.endswith(WEIGHTS), f"There is no checkpoint file “{rest}” for {model}.")
    raise EngineError(f"Expected {model}/TAG with a tag such as {', '.join(tags[:4]) or 'a file'}; got “{rest}”.")


def _unknown_model(model: str, known: list[str]) -> str:
    close = difflib.get_close_matches(model, known, 3, 0.4)
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    return f"“{model}” is not a model name: expected {FORMS}.{hint}"
