"""An evaluation's tables say what the numbers depend on."""

from dataclasses import asdict

import pytest

from engine.cli.evaluation_tables import markdown_lines, plain_lines
from engine.settings import EnsembleSettings

CALIBRATION = {
    "ece": 0.0812, "ece_interval": [0.06, 0.1], "adaptive_ece": 0.05, "adaptive_ece_interval": [0.04, 0.07],
    "auroc": None, "auroc_interval": None, "calibrated": 0.031, "reliability": [[0, None, None]] * 15,
}  # fmt: skip


def summary(defence: str, weights: EnsembleSettings) -> dict:
    told = {"accuracy": {defence: 1.0}, "intervals": {defence: (0.2, 1.0)}, "pairs": [], "seconds": {}, "blind": 0}
    told |= {"calibration": {defence: CALIBRATION}, "calibration_pairs": [], "success": {}}
    plan = {"pictures": 1, "model": "tiny", "views": {"count": 8}, "attacks": {}, "ensemble": asdict(weights)}
    return {"pictures": 1, "plan": plan, "arms": {"clean": told}, "attack_seconds": {}, "skipped": []}


@pytest.mark.parametrize("lines", [plain_lines, markdown_lines])
def test_the_heading_names_the_reading_of_total_variation_and_kept_flaws(lines):
    weights = EnsembleSettings(tv_map="upsampled", tv_norm="sum1", tv_reduction="sum", tv_temperature=1, legacy=True)
    reading = "sum over maps as large as the picture, made to sum to 1, temperature 1"
    tv, other, plain = (
        lines(summary(defence, chosen))[0]
        for defence, chosen in (("a-tpt-tv", weights), ("r-tpt", weights), ("r-tpt", EnsembleSettings()))
    )
    assert tv.startswith(f"1 pictures, tiny, 8 views, TV weights: {reading}, flaws of the official codes kept")
    assert reading not in other and "flaws" in other and "flaws" not in plain


@pytest.mark.parametrize("lines", [plain_lines, markdown_lines])
def test_the_heading_names_what_the_model_reads_with_and_what_was_assumed(lines):
    told = summary("clip", EnsembleSettings())
    told["plan"]["reading"] = {"in_words": "GELU, mean 0, std 1, bilinear, resize mode squash", "assumed": ["It fits."]}
    drawn = lines(told)
    assert drawn[0].startswith("1 pictures, tiny, 8 views, GELU, mean 0, std 1, bilinear, resize mode squash")
    assert drawn[1:3] in (["It fits.", ""], ["", "- It fits."])


def test_a_table_has_a_column_of_seconds_only_where_they_are_known():
    known, unknown = (summary("clip", EnsembleSettings()) for _ in range(2))
    known["arms"]["clean"]["seconds"] = {"clip": 0.25}
    assert "| clip | 1.000 [0.200, 1.000] | 0.250 |" in markdown_lines(known)
    assert "| clip | 1.000 [0.200, 1.000] |" in markdown_lines(unknown)
    assert "seconds" in markdown_lines(known)[0] and "seconds" not in markdown_lines(unknown)[0]


def test_attacks_that_saw_no_gradient_are_counted():
    told = summary("clip", EnsembleSettings())
    told["plan"]["attacks"] = {"fgsm-8": {"attack": "fgsm", "epsilon": 8 / 255, "norm": "linf"}}
    told["arms"]["fgsm-8"] = told["arms"]["clean"] | {"blind": 3}
    sentence = "gradient zero at the first step on 3 pictures, where this attack proves nothing"
    assert sentence in plain_lines(told)
    (line,) = (line for line in markdown_lines(told) if line.startswith("- `fgsm-8`"))
    assert line.endswith(sentence)
    assert sum("gradient" in line for line in plain_lines(told) + markdown_lines(told)) == 2


def test_confidences_and_successes_have_tables_with_intervals():
    told = summary("clip", EnsembleSettings())
    told["plan"]["attacks"] = {"fgsm-8": {"attack": "fgsm", "epsilon": 8 / 255, "norm": "linf"}}
    success = {"clip": {"fooled": 3, "of": 4, "rate": 0.75, "interval": [0.3, 0.95]}}
    pair = {"first": "clip", "second": "tpt", "difference": -0.02, "interval": [-0.03, 0.004]}
    told["arms"]["fgsm-8"] = told["arms"]["clean"] | {"success": success, "calibration_pairs": [pair]}
    plain, drawn = plain_lines(told), markdown_lines(told)
    (row,) = (line.split() for line in plain if "0.750" in line)
    shown = "clip 0.081 0.060 ... 0.100 0.050 0.040 ... 0.070 – – 0.031 0.750 0.300 ... 0.950"
    assert row == shown.split()
    assert sum(line.startswith(("clean ", "fgsm-8 ")) and "calibrated: below" in line for line in plain) == 2
    assert "| clip | 0.081 [0.060, 0.100] (0.031) | 0.081 [0.060, 0.100] (0.031) |" in drawn
    assert "| clip | – | -0.020 [-0.030, +0.004] |" in drawn and "| clip | – | – |" in drawn
    assert "| clip | 0.750 [0.300, 0.950], 3 of 4 |" in drawn
    assert any("minus that of tpt" in line for line in drawn)


@pytest.mark.parametrize("lines", [plain_lines, markdown_lines])
def test_records_without_confidences_say_so_once(lines):
    told = summary("clip", EnsembleSettings())
    told["arms"]["clean"]["calibration"] = {}
    told["arms"]["other"] = told["arms"]["clean"]
    assert [line for line in lines(told) if "ECE" in line or "alibration" in line] == [
        "Calibration is not told: these records keep no confidences."
    ]
