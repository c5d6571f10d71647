"""The tables of docs/results.md are those of the kept records."""

from pathlib import Path

import pytest

from engine.cli.main import main
from engine.evaluation import read_kept, read_plan

ROOT = Path(__file__).resolve().parents[1]
MEASURED = ROOT / "assets" / "measured"


@pytest.mark.parametrize("folder", sorted(MEASURED.iterdir()), ids=lambda folder: folder.name)
def test_the_document_shows_what_was_measured(folder, capsys):
    main(["evaluate", "--summary", str(folder), "--against", "view-average", "--markdown"])
    heading, accuracies = capsys.readouterr().out.split("\n\nAccuracy minus")[0].split(".", 1)
    document = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert heading in document
    rows = [line for line in accuracies.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(read_plan(folder)["defences"])
    assert "\n".join(rows) in document


@pytest.mark.parametrize("folder", sorted(MEASURED.iterdir()), ids=lambda folder: folder.name)
def test_records_are_those_of_the_model_that_ships(folder):
    from engine import load_backbone

    assert read_plan(folder)["fingerprint"] == load_backbone("fieldguide", "cpu").fingerprint
    assert [kept.record["index"] for kept in read_kept(folder)] == list(range(len(read_kept(folder))))
