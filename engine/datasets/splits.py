"""The split files of the prompt-tuning literature."""

from __future__ import annotations

from pathlib import Path

from ..classes import DEFAULT_TEMPLATE, Classes
from ..errors import EngineError, require
from ..files import read_json
from .base import Listed, Templates, gather
from .listing import listed


def CoOpSplit(  # noqa: N802
    path: Path,
    images: Path,
    templates: Templates = (DEFAULT_TEMPLATE,),
    part: str = "test",
    limit: int | None = None,
    plain: bool = False,
) -> Listed:
    """A split file of CoOp's kind (Zhou et al., IJCV 2022): JSON with train, val and test, each a list of
    [path below `images`, class number, class name]. The classes are those of all three; `plain` is that of
    `load_picture`.

    Raises `EngineError` for a file that is not of this kind, whose `part` is empty or whose numbers have gaps.
    """
    split = read_json(path, f"lists of [path, number, name] under “{part}”")
    try:
        items = [(str(file), int(label)) for file, label, _ in split[part]]
        known = {int(label): str(name).replace("_", " ") for one in split.values() for _, label, name in one}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise EngineError(f"Expected lists of [path, number, name] under “{part}” in “{path}”.") from error
    require(bool(items), f"Expected pictures under “{part}” in “{path}”; got none.")
    require(
        sorted(known) == list(range(len(known))),
        f"Expected class numbers from 0 without gaps in “{path}”; got {listed(map(str, sorted(known)))}.",
    )
    classes = Classes(tuple(known[label] for label in range(len(known))), templates)
    return gather(images, items, classes, {"source": "split", "part": part}, limit, plain)
