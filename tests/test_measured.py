"""The tables of docs/results.md are those of the kept records."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path

import pytest

from engine import load_backbone
from engine.cli.detection_tables import markdown_reference
from engine.cli.main import main
from engine.defences.registry import DEFENCES
from engine.evaluation import calibration, read_kept, read_plan, reference_data, references, settings_kept
from tests import measured_table
from tests.measured_table import summary, tables

ROOT = Path(__file__).resolve().parents[1]
MEASURED = ROOT / "assets" / "measured"
EVALUATIONS = sorted(plan.parent for plan in MEASURED.glob("*/plan.json"))


summed_up = cache(summary)  # of one of `EVALUATIONS`: each takes seconds


@pytest.fixture(scope="module", autouse=True)
def drawn_once() -> Iterator[None]:
    """What thousands of draws tell of the same answers is kept for all summaries: it is most of their time."""
    kept = cache(calibration.Calibration)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "Calibration", lambda *given: kept(*map(tuple, given)))
        yield


@pytest.mark.slow
@pytest.mark.parametrize("folder", EVALUATIONS, ids=lambda folder: folder.name)
def test_the_document_shows_what_was_measured(folder):
    heading, accuracies = summed_up(folder).split("\n\nAccuracy minus")[0].split(".", 1)
    document = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert heading in document
    rows = [line for line in accuracies.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(read_plan(folder)["defences"])
    assert "\n".join(rows) in document


@pytest.mark.parametrize("folder", EVALUATIONS, ids=lambda folder: folder.name)
def test_records_are_those_of_the_model_that_ships(folder):
    from engine import load_backbone

    assert read_plan(folder)["fingerprint"] == load_backbone("fieldguide", "cpu").fingerprint
    assert [kept.record["index"] for kept in read_kept(folder)] == list(range(len(read_kept(folder))))


@pytest.mark.parametrize("folder", EVALUATIONS, ids=lambda folder: folder.name)
def test_a_new_defence_leaves_the_plans_of_kept_records_as_they_are(folder):
    """Its settings are those of before, so that the same command goes on with the same records."""
    plan = read_plan(folder)
    kept = settings_kept(plan, "clean", 0)
    for section in ("views", "tuning", "ensemble"):
        now = asdict(getattr(kept, section)) | ({"seed": plan["views"]["seed"]} if section == "views" else {})
        assert json.dumps(now, sort_keys=True) == json.dumps(plan[section], sort_keys=True)
    assert set(plan["defences"]) <= set(DEFENCES)


@pytest.mark.slow
def test_the_document_has_the_tables_of_the_evaluation_that_grows():
    document = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    shown = document.split("<!-- every-attack -->\n")[1].split("\n<!-- end -->")[0]
    assert shown == tables(summed_up(MEASURED / "every-attack"))
    assert shown.startswith(f"{len(read_kept(MEASURED / 'every-attack'))} ") and "Holm" in shown


@pytest.mark.slow
def test_what_is_cut_off_is_not_folded_in(tmp_path, monkeypatch):
    for name in ("MEASURED", "DOCUMENT"):
        monkeypatch.setattr(measured_table, name, tmp_path / name.lower())
    (tmp_path / "measured").mkdir()
    (tmp_path / "document").write_text("# Title\n<!-- every-attack -->\nof before\n<!-- end -->\nThe end.\n")
    run = tmp_path / "every-attack"
    shutil.copytree(MEASURED / "every-attack", run)
    with (run / "records.jsonl").open("a") as file:
        file.write('{"key": "cut o')
    measured_table.fold(run)
    folded = tmp_path / "measured" / "every-attack"
    assert read_kept(folded) == read_kept(MEASURED / "every-attack") and read_plan(folded) == read_plan(run)
    assert (folded / "records.jsonl").read_bytes() == (MEASURED / "every-attack" / "records.jsonl").read_bytes()
    told = (tmp_path / "document").read_text()
    assert told.startswith("# Title\n<!-- every-attack -->\n") and told.endswith("|\n<!-- end -->\nThe end.\n")
    assert "of before" not in told.split("-->")[1] and tables(summed_up(MEASURED / "every-attack")) in told
    assert (folded / "summary.md").read_text(encoding="utf-8") == summed_up(MEASURED / "every-attack")


@pytest.mark.slow
def test_the_document_tells_what_confidences_are_worth(capsys):
    """Its table and every number of its sentences, as the code tells them of the kept records."""
    main(["evaluate", "--summary", str(MEASURED / "every-defence"), "--against", "tpt", "--markdown"])
    tables = [
        {line.split(" | ")[0].strip("| "): line.strip("| ").split(" | ")[1:] for line in part.splitlines()[2:]}
        for part in capsys.readouterr().out.split("\n\n")
        if part.startswith("| defence")
    ]
    _, _, ece, apart, _, auroc, fooled = tables
    told = (ROOT / "docs" / "results.md").read_text(encoding="utf-8").split("### What the percentages are worth")[1]
    table, sentences = told.split("<!-- end -->")[0], " ".join(told.split("<!-- end -->")[1].split())
    assert all(f"| {name} | {' | '.join(cells)} |" in table for name, cells in ece.items()) and len(ece) == 17
    clean, pgd, adaptive = 0, 1, 3
    assert f"is {apart['c-tpt'][clean]} on clean pictures and {apart['c-tpt'][pgd]} under PGD" in sentences
    answers = [kept.record["arms"]["clean"]["clip"] for kept in read_kept(MEASURED / "every-defence")]
    sure, right = (sum(answer[name] for answer in answers) / len(answers) for name in ("confidence", "right"))
    assert f"CLIP promises {sure:.3f} on average and is right in {right:.3f}" in sentences
    low, high = apart["c-tpt"][clean].split("[")[1].strip("]").split(", ")
    assert float(low) < 0 < float(high)  # so that nothing was measured
    assert f"{auroc['clip'][pgd]} of all pairs (CLIP, PGD; clean {auroc['clip'][clean]})" in sentences
    assert f"R-TPT keeps {auroc['r-tpt'][pgd]}" in sentences and f"({auroc['view-average'][pgd]})" in sentences
    assert f"surer where it is wrong ({auroc['mta'][pgd]})" in sentences
    share, of = fooled["clip"][0].rsplit(", ", 1)
    assert f"PGD turns {share} of CLIP's right answers ({of}), {_shared(fooled['tpt'][0])} of TPT's" in sentences
    assert f"and {_shared(fooled['r-tpt'][0])} of R-TPT's; " in sentences
    through = [_shared(fooled[name][adaptive - 1]) for name in ("r-tpt", "a-tpt")]
    assert f"{through[0]} of R-TPT's and {through[1]} of A-TPT's" in sentences


def _shared(cell: str) -> str:
    """A share and its interval, without the counts behind."""
    return cell.rsplit(", ", 1)[0]


def test_the_document_tells_what_the_kept_scores_do():
    """The table of the section on detection, and the numbers of its sentences."""
    plain, knowing = data = reference_data(references(load_backbone("fieldguide", "cpu").fingerprint))
    lead, told = (ROOT / "docs" / "results.md").read_text(encoding="utf-8").split("<!-- detection -->")
    table, sentences = told.split("<!-- end -->")[0], " ".join(told.split("<!-- end -->")[1].split())
    assert table.strip().splitlines() == markdown_reference(data)
    assert f"of {plain['pictures']} fresh specimens" in lead and f"the first {knowing['pictures']} of them" in lead
    pgd, unnoticed = plain["arms"]["pgd-4"], knowing["arms"]["pgd-unnoticed-4"]
    counts = f"fools the model on {unnoticed['fooled']}, and {unnoticed['unnoticed']} of these are above no threshold"
    assert f"Of {knowing['pictures']} pictures, the attacker who knows the scores {counts}" in sentences
    assert f"unnoticed with {pgd['unnoticed']} of its {pgd['fooled']}" in sentences
    for arm, name in ((pgd, "stillness"), (pgd, "border"), (pgd, "drift"), (unnoticed, "border"), (unnoticed, "drift")):
        low, high = arm["scores"][name]["auroc_interval"]
        assert f"{arm['scores'][name]['auroc']:.2f} ({low:.2f} to {high:.2f})" in sentences
