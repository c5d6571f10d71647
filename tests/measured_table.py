"""Brings docs/results.md up to the records of an evaluation that still grows: `python -m tests.measured_table RUN`.

RUN is the folder that `atpt evaluate --out` writes; its plan and its whole records are copied to assets/measured under
the same name, with a summary beside them, and the tables between `<!-- NAME -->` and `<!-- end -->` are made anew.
"""

import io
import sys
from contextlib import redirect_stdout
from pathlib import Path

from engine.cli.main import main
from engine.evaluation import kept

ROOT = Path(__file__).resolve().parents[1]
MEASURED, DOCUMENT = ROOT / "assets" / "measured", ROOT / "docs" / "results.md"
BASE = "view-average"


def summary(folder: Path) -> str:
    """The Markdown that `evaluate --summary` prints of a kept evaluation."""
    with redirect_stdout(io.StringIO()) as printed:
        main(["evaluate", "--summary", str(folder), "--against", BASE, "--markdown"])
    return printed.getvalue()


def tables(summary: str) -> str:
    """What the document shows of it: accuracies, and their differences to `BASE` with corrected p-values."""
    return summary.split("\n\nExpected calibration error")[0].strip()


def fold(run: Path) -> None:
    """Copy the plan and the whole records of `run`, and show them."""
    folder = MEASURED / run.resolve().name
    folder.mkdir(exist_ok=True)
    records = (run / kept.RECORDS).read_bytes()
    (folder / kept.ASKED).write_bytes((run / kept.ASKED).read_bytes())
    (folder / kept.RECORDS).write_bytes(records[: records.rfind(b"\n") + 1])
    told = summary(folder)
    (folder / "summary.md").write_text(told, encoding="utf-8")
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(f"<!-- {folder.name} -->\n")
    shown = f"<!-- {folder.name} -->\n{tables(told)}\n<!-- end -->"
    DOCUMENT.write_text(before + shown + rest.partition("<!-- end -->")[2], encoding="utf-8")


if __name__ == "__main__":
    fold(Path(sys.argv[1]))
