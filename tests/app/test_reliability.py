"""Whether percentages can be trusted: diagrams and sums of two defences, as the kept records have them."""

import re
from dataclasses import replace

import pytest

import engine
from app import measured
from app.batch import Batch, Row
from app.choices import Choices
from app.figures.batch import batch_table
from app.figures.reliability import reliability
from app.panels.reliability import Reliability
from app.state.found import Found
from app.text import many as text
from tests.page_cases import CHOICES

PGD = "every-defence/pgd-4"


def test_every_defence_has_a_diagram_clean_and_attacked_whose_bars_are_its_records():
    drawn = reliability(PGD, "tpt", "c-tpt")
    assert drawn.count("<svg") == 4 and drawn.count("trust-side") == 2
    kept, arm = measured.arms()[PGD]
    diagrams = re.findall(r"<svg.*?</svg>", drawn)
    for svg, (defence, one) in zip(
        diagrams, [(d, a) for d in ("tpt", "c-tpt") for a in (kept.arms[0], arm)], strict=True
    ):
        counts = [int(count) for count in re.findall(r"<title>pictures: (\d+)[;,]", svg)]
        expected = [sum(place / 15 < c <= (place + 1) / 15 for c in one.confidence[defence]) for place in range(15)]
        assert counts == [count for count in expected if count] and sum(counts) == 600
        assert svg.count('class="few"') == sum(0 < count < 10 for count in expected)
        assert (f'<g class="{"clean" if one.attack is None else "attacked"}">' in svg) and "off by" in svg.lower()


def test_the_sums_are_the_engines():
    drawn = reliability(PGD, "tpt", "c-tpt")
    found = {name: measured.calibration(PGD, name) for name in ("tpt", "c-tpt")}
    for one in found.values():
        value, low, high = one.measured("ece")
        assert (
            f"<b>{100 * value:.1f}\u00a0%</b> on average ({100 * low:.1f}\u00a0% to {100 * high:.1f}\u00a0%)" in drawn
        )
        assert f"<b>{100 * one.values['auroc']:.1f}\u00a0%</b> of all pairs" in drawn
    assert "turns <b>548 of 561</b> answers" in drawn and "turns <b>556 of 567</b> answers" in drawn
    difference, low, high = found["tpt"].against(found["c-tpt"], "ece")
    points = [f"{100 * number:+.1f}".replace("-", "−") for number in (difference, low, high)]
    assert (
        f"Attacked, which of the two keeps its word better cannot be told: TPT minus C-TPT, {points[0]} points" in drawn
    )
    assert f"({points[1]} to {points[2]})" in drawn


def test_one_that_is_off_by_less_is_named():
    assert "Not attacked, no defence seems to keep its word better: View average minus no defence" in reliability(
        PGD, "view-average", "clip"
    )


def test_clean_pictures_alone_have_one_diagram_a_defence_and_no_attack_that_turns_answers():
    drawn = reliability("every-defence/clean", "tpt", "c-tpt")
    assert drawn.count("<svg") == 2 and "turns" not in drawn


def test_where_all_are_wrong_nothing_tells_them_apart():
    drawn = reliability("collapse/adaptive-view-average-16", "clip", "a-tpt")
    assert drawn.count("All answers are wrong") == 2 and "turns <b>57 of 57</b>" in drawn


def test_a_pair_that_cannot_be_compared_is_left_to_the_mosaics_sentence():
    assert reliability(PGD, "tpt", "tpt") == reliability(PGD, "tpt", "agc") == ""


def test_records_without_percentages_say_so(monkeypatch):
    kept, arm = measured.arms()[PGD]
    bare = replace(arm, confidence={})
    monkeypatch.setattr(measured, "arms", lambda: {PGD: (replace(kept, arms=(bare, bare)), bare)})
    monkeypatch.setattr(measured, "calibration", measured.calibration.__wrapped__)
    monkeypatch.setattr("app.figures.reliability.measured", measured)
    assert text.TRUST_LACKING in reliability(PGD, "tpt", "c-tpt")


def test_the_fold_follows_the_mosaics_controls():
    panel = Reliability(Choices._fields)
    assert panel.draw(Found(), CHOICES) == {panel.drawn: ""}  # until the visitor has come near the mosaic
    found = panel.draw(Found(mosaic=True), CHOICES._replace(mosaic_arm=PGD, mosaic_left="tpt", mosaic_right="c-tpt"))
    assert found == {panel.drawn: reliability(PGD, "tpt", "c-tpt")}
    assert panel.draw(Found(mosaic=True), CHOICES._replace(mosaic_arm="nowhere")) == {panel.drawn: ""}


@pytest.mark.parametrize(("clean", "turned"), [(("red fish", "red fish", "owl"), "1 of 2"), (("owl",) * 3, "")])
def test_a_batch_counts_what_the_attack_turned_of_what_the_model_gets_right(clean, turned):
    rows = tuple(
        Row("data:,", "red fish", before, (("clip", answer),))
        for before, answer in zip(clean, ("owl", "red fish", "owl"), strict=True)
    )
    batch = Batch(CHOICES.settings(), 3, rows)
    drawn = batch_table(batch)
    assert ("Turned wrong" in drawn) == bool(turned) and f"<b>{turned}</b>" * bool(turned) in drawn
    assert batch.turned("clip") == (1 if turned else 0)
    told = engine.evaluation.success([one == "red fish" for one in clean], [False, True, False])
    assert told["fooled"] == batch.turned("clip")
