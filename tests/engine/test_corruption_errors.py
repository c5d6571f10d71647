"""Errors under ordinary damage by kind: the mean over severities, beside CLIP's, and beside clean."""

import pytest

from engine.cli.corruption_tables import markdown_corruptions, plain_corruptions
from engine.evaluation import Answered, summarise_corruptions
from engine.evaluation.corruptions import kinds


def records(rights: dict[str, dict[str, list[int]]]) -> list[Answered]:
    """By arm and defence, whether each picture is answered right."""
    count = len(next(iter(rights["clean"].values())))
    return [
        Answered({"arms": {arm: {d: {"right": bool(r[n])} for d, r in of.items()} for arm, of in rights.items()}}, {})
        for n in range(count)
    ]


HAND = {  # CLIP errs clean 0 of 4, damaged 1 and 3 of 4; the defence 1 of 4, then 1 and 2 of 4
    "clean": {"clip": [1, 1, 1, 1], "a-tpt": [1, 1, 1, 0]},
    "corruption-gaussian-noise-1": {"clip": [1, 1, 1, 0], "a-tpt": [1, 1, 1, 0]},
    "corruption-gaussian-noise-5": {"clip": [1, 0, 0, 0], "a-tpt": [1, 1, 0, 0]},
    "corruption-fog-2": {"clip": [1, 1, 1, 1], "a-tpt": [1, 1, 1, 0]},
}


def test_the_hand_case():
    found = summarise_corruptions(records(HAND))["corruptions"]
    assert found["kinds"]["gaussian-noise"]["severities"] == [1, 5]
    clip, other = (found["kinds"]["gaussian-noise"]["defences"][name] for name in ("clip", "a-tpt"))
    assert (clip["accuracy"], clip["error"], clip["relative_error"]) == (0.5, 1.0, 1.0)
    # mean errors 3/8 and 4/8; what damage adds: 3/8 - 1/4 and 4/8 - 0
    assert (other["accuracy"], other["error"], other["relative_error"]) == (0.625, 0.75, 0.25)
    fog = found["kinds"]["fog"]["defences"]["a-tpt"]
    assert fog["accuracy"] == 0.75 and fog["error"] is None and fog["relative_error"] is None
    assert found["mean"]["a-tpt"]["accuracy"] == pytest.approx(0.6875) and found["mean"]["a-tpt"]["error"] is None
    assert clip["error_interval"] is None  # a draw of the first picture alone has no error to divide by


def test_the_reference_is_relative_to_itself_1_and_intervals_hold_the_value():
    rights = {
        "clean": {"clip": [1] * 20 + [0] * 4},
        "corruption-fog-1": {"clip": [1, 0] * 12, "r-tpt": [1] * 16 + [0] * 8},
    }
    found = summarise_corruptions(records(rights))["corruptions"]["kinds"]["fog"]["defences"]
    low, high = found["r-tpt"]["error_interval"]
    assert found["r-tpt"]["error"] == pytest.approx(8 / 12, abs=1e-4) and low < 8 / 12 < high
    assert found["clip"]["error_interval"] == [1.0, 1.0] and found["r-tpt"]["relative_error"] is None


def test_only_arms_of_ordinary_damage_count():
    assert kinds(["clean", "pgd-4", "corruption-glass-blur-3", "corruption-jpeg-5"]) == {
        "glass-blur": {3: "corruption-glass-blur-3"}, "jpeg": {5: "corruption-jpeg-5"},
    }  # fmt: skip
    assert summarise_corruptions([]) == {} == summarise_corruptions(records({"clean": {"clip": [1]}}))


def test_tables_say_it_and_that_it_is_no_mce():
    summary = summarise_corruptions(records(HAND))
    for lines in (plain_corruptions(summary), markdown_corruptions(summary)):
        text = "\n".join(lines)
        assert "0.625" in text and "0.250" in text and "no mCE" in text and "mean of the kinds" in text and "–" in text
    assert plain_corruptions({}) == [] == markdown_corruptions({})
