"""An evaluation's tables say what the numbers depend on."""

from dataclasses import asdict

import pytest

from engine.cli.evaluation_tables import markdown_lines, plain_lines
from engine.settings import EnsembleSettings


def summary(defence: str, weights: EnsembleSettings) -> dict:
    told = {"accuracy": {defence: 1.0}, "intervals": {defence: (0.2, 1.0)}, "pairs": [], "seconds": {}, "blind": 0}
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
    assert plain_lines(told)[-1] == sentence
    (line,) = (line for line in markdown_lines(told) if line.startswith("- `fgsm-8`"))
    assert line.endswith(sentence)
    assert sum("gradient" in line for line in plain_lines(told) + markdown_lines(told)) == 2
