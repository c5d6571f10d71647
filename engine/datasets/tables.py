"""A table of pictures: a CSV file of paths and labels."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from ..classes import DEFAULT_TEMPLATE, Classes, spelling
from ..errors import EngineError, require
from ..files import read_text
from .base import Listed, Templates, gather
from .listing import listed
from .naming import class_names

COLUMNS = ("path", "label")


def Table(  # noqa: N802
    path: Path,
    templates: Templates = (DEFAULT_TEMPLATE,),
    limit: int | None = None,
    names: Path | None = None,
    plain: bool = False,
) -> Listed:
    """A CSV file with a header and the columns `path` (below the file's folder) and `label` (a class name, unless the
    file `names` has others for the labels in order, capitals first, 10 before 2). `plain` is that of `load_picture`.

    Labels that are spellings of one name are one class, by the first of them in that order.

    Raises `EngineError` for a file that cannot be read, lacks one of these columns or one of their entries, and for
    labels that are WordNet numbers without `names`.
    """
    text = read_text(path, "a CSV file with the columns path and label")
    reader = csv.DictReader(io.StringIO(text))
    try:
        numbered = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise EngineError(f"Expected a CSV file with the columns path and label; in “{path}” {error}.") from error
    rows = [row for _, row in numbered]
    given = set(reader.fieldnames or ()) if rows else set()
    came = f"{listed(given)}{_remedy(given)}"
    require(set(COLUMNS) <= given, f"Expected the columns path and label in “{path}”; got {came}.")
    short = next((f"line {line} has no {one}" for line, row in numbered for one in COLUMNS if not row[one]), "")
    require(not short, f"Expected a path and a label in every line of “{path}”; {short}.")
    named: dict[str, str] = {}
    for label in sorted({row["label"] for row in rows}):
        named.setdefault(spelling(label), label)
    called, notes = class_names([*named.values()], names, f"the labels of “{path}”")
    places = {form: place for place, form in enumerate(named)}
    entries = [(row["path"], places[spelling(row["label"])]) for row in rows]
    return gather(path.parent, entries, Classes(called, templates), {"source": "table"}, limit, plain, notes)


def _remedy(given: set[str]) -> str:
    """What to change in a header that nearly has the columns."""
    if set(COLUMNS) <= {name.strip().lower() for name in given}:
        return " (small letters and no blanks are expected)"
    joined = len(given) == 1 and set(COLUMNS) <= set(re.split(r"[;\t|]", next(iter(given)).lower()))
    return " (commas are expected between columns)" if joined else ""
