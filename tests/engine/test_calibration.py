"""Calibration against hand cases and loops over plain lists, and what a summary of records tells of it."""

import math
from bisect import bisect_left

import numpy as np
import pytest

from engine.evaluation import Answered, Calibration, success, summarise, wilson
from engine.evaluation.calibration import BINS, DRAWS, MEASURES, drawn


def made(count: int, seed: int = 0, honest: bool = True) -> Calibration:
    """Random confidences; answers that are right as often as they say, or one in five less."""
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(0.3, 1, count).round(3)
    return Calibration(confidence, rng.random(count) < confidence - (0 if honest else 0.2))


def literal_ece(confidence, right) -> float:
    gaps = dict.fromkeys(range(BINS), 0.0)
    for one, hit in zip(confidence, right, strict=True):
        (place,) = (k for k in range(BINS) if k / BINS < one <= (k + 1) / BINS)
        gaps[place] += hit - one
    return sum(map(abs, gaps.values())) / len(confidence)


def literal_adaptive(confidence, right) -> float:
    """Edges between equally many sorted confidences, by linear interpolation, the first bin closed."""
    ordered, total = sorted(confidence), len(confidence)
    edges = []
    for k in range(1, BINS):
        at = total * k / BINS
        low = int(at)
        high = min(low + 1, total - 1)
        edges.append(ordered[low] + (at - low) * (ordered[high] - ordered[low]))
    gaps = [0.0] * BINS
    for one, hit in zip(confidence, right, strict=True):
        gaps[bisect_left(edges, one)] += hit - one
    return sum(map(abs, gaps)) / total


def literal_auroc(confidence, right) -> float:
    sure = [one for one, hit in zip(confidence, right, strict=True) if hit]
    unsure = [one for one, hit in zip(confidence, right, strict=True) if not hit]
    if not sure or not unsure:
        return math.nan
    return sum((a > b) + 0.5 * (a == b) for a in sure for b in unsure) / (len(sure) * len(unsure))


LITERAL = {"ece": literal_ece, "adaptive_ece": literal_adaptive, "auroc": literal_auroc}


def test_four_pictures_by_hand():
    found = Calibration([0.95, 0.95, 0.65, 0.62], [True, True, False, True])
    assert found.values["ece"] == pytest.approx(0.0925)
    assert Calibration([0.1, 0.4, 0.35, 0.8], [False, False, True, True]).values["auroc"] == 0.75
    one = Calibration([0.4] * 5, [True, False, True, False, False]).values
    assert one["ece"] == pytest.approx(0) and one["adaptive_ece"] == pytest.approx(0) and one["auroc"] == 0.5


def test_two_equal_bins_by_hand(monkeypatch):
    """The usual code leaves the least confidence out of every bin and finds 0.225; here the first bin has it."""
    monkeypatch.setattr("engine.evaluation.calibration.BINS", 2)
    found = Calibration([0.5, 0.6, 0.7, 0.8], [False, True, True, True])
    assert found.values["adaptive_ece"] == pytest.approx(0.1)


@pytest.mark.parametrize("count", [3, 40, 311])
@pytest.mark.parametrize("honest", [True, False])
def test_every_measure_is_its_loop_over_pictures_and_so_is_every_draw(count, honest):
    found = made(count, 1, honest)
    confidence, right = found.confidence.tolist(), found.right.astype(bool).tolist()
    (counts,) = drawn(count)
    for name, literal in LITERAL.items():
        assert found.values[name] == pytest.approx(literal(confidence, right), nan_ok=True)
        for draw in (0, 7, DRAWS - 1):
            chosen = [place for place in range(count) for _ in range(int(counts[draw, place]))]
            expected = literal([confidence[place] for place in chosen], [right[place] for place in chosen])
            assert found.draws[name][draw] == pytest.approx(expected, abs=1e-6, nan_ok=True), name


def test_confidences_that_are_equal_stay_together():
    confidence = [0.5] * 7 + [0.9] * 9 + [1.0] * 4
    right = [True, False] * 10
    found = Calibration(confidence, right)
    assert found.values["adaptive_ece"] == pytest.approx(literal_adaptive(confidence, right))
    assert found.values["auroc"] == pytest.approx(literal_auroc(confidence, right))
    assert found.values["ece"] == pytest.approx(literal_ece(confidence, right))


def test_draws_are_of_as_many_pictures_the_same_every_time_also_in_parts(monkeypatch):
    (counts,) = drawn(20)
    assert counts.shape == (DRAWS, 20) and bool((counts.sum(-1) == 20).all())
    assert counts.mean() == pytest.approx(1) and counts.var() == pytest.approx(0.95, rel=0.03)
    assert np.array_equal(counts, next(iter(drawn(20))))
    whole = made(20).measured("ece")
    monkeypatch.setattr("engine.evaluation.calibration.TOGETHER", 20 * 300)
    parts = list(drawn(20))
    assert [len(part) for part in parts] == [300] * 6 + [200]
    found = made(20)
    assert len(found.draws["ece"]) == DRAWS and found.measured("ece") == pytest.approx(whole, abs=0.05)
    assert found.calibrated == pytest.approx(made(20).calibrated)


def test_an_honest_model_stays_below_what_a_calibrated_one_may_show_and_another_does_not():
    honest = [made(300, seed) for seed in range(40)]
    assert sum(one.values["ece"] <= one.calibrated for one in honest) >= 36
    for seed in range(5):
        found = made(300, seed, honest=False)
        value, low, high = found.measured("ece")
        assert value == pytest.approx(0.2, abs=0.08) and found.calibrated < low < value
        assert low < 0.2 + 0.02 and high > 0.2 - 0.02


def test_differences_are_paired():
    one, other = made(300, 2, honest=False), made(300, 2)
    same, least, most = one.against(one, "ece")
    assert (same, least, most) == (0, 0, 0)
    difference, low, high = one.against(other, "ece")
    assert difference == pytest.approx(one.values["ece"] - other.values["ece"]) and 0 < low < high
    assert other.against(one, "ece")[0] == -difference


def test_the_reliability_has_each_picture_in_one_bin():
    found = made(100)
    bins = found.reliability()
    assert len(bins) == BINS and sum(one.count for one in bins) == 100
    assert all(one.low < one.confidence <= one.high for one in bins if one.count)
    assert all(math.isnan(one.accuracy) for one in bins if not one.count)
    total = sum(one.count * abs(one.accuracy - one.confidence) for one in bins if one.count)
    assert total / 100 == pytest.approx(found.values["ece"])


def test_a_document_leaves_open_what_cannot_be_told():
    found = Calibration([0.9, 0.8], [True, True]).document()
    assert found["auroc"] is found["auroc_interval"] is None
    assert found["ece"] == pytest.approx(0.15) and found["ece_interval"] == [0.1, 0.2]
    assert found["reliability"][-1] == [0, None, None] and found["reliability"][13] == [1, 0.9, 1.0]
    assert {*MEASURES, *(f"{name}_interval" for name in MEASURES), "calibrated", "reliability"} == set(found)


def test_an_attack_succeeds_where_the_answer_was_right():
    right, after = [True] * 8 + [False] * 2, [False] * 6 + [True] * 2 + [False] * 2
    assert success(right, after) == {"fooled": 6, "of": 8, "rate": 0.75, "interval": wilson(6, 8)}
    assert success([False], [False]) == {"fooled": 0, "of": 0, "rate": None, "interval": None}


def test_a_summary_tells_both_of_every_arm_and_defence():
    def answered(clip: bool, tpt: bool, number: int) -> Answered:
        arms = {
            arm: {name: {"right": right and arm == "clean", "confidence": 0.5 + number / 10}
                  for name, right in (("clip", clip), ("tpt", tpt))}
            for arm in ("clean", "pgd-4")
        }  # fmt: skip
        return Answered({"arms": arms}, {})

    told = summarise([answered(True, number > 0, number) for number in range(4)])["arms"]
    clean, attacked = told["clean"], told["pgd-4"]
    assert clean["success"] == {} and attacked["success"]["clip"]["fooled"] == 4
    assert attacked["success"]["tpt"] == {"fooled": 3, "of": 3, "rate": 1.0, "interval": wilson(3, 3)}
    assert clean["calibration"]["clip"]["ece"] == pytest.approx(1 - 0.65, abs=1e-4)
    assert attacked["calibration"]["clip"]["ece"] == pytest.approx(0.65, abs=1e-4)
    (pair,) = attacked["calibration_pairs"]
    assert (pair["first"], pair["second"], pair["difference"], pair["interval"]) == ("clip", "tpt", 0.0, [0.0, 0.0])
    (pair,) = clean["calibration_pairs"]
    assert pair["difference"] == pytest.approx(0.35 - clean["calibration"]["tpt"]["ece"], abs=2e-4)
