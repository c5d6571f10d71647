"""Step 2's question whether one could tell: marks, histograms and words say what the engine found and kept."""

import re
from dataclasses import replace

import numpy as np
import pytest

import engine
from app.figures import detection as figure
from app.figures.detection import detection_figure
from app.text import detection as text
from engine.evaluation import Detector, Reference
from engine.story import Suspected
from tests.page_cases import WHOLE, run

SCORES = tuple(engine.detection.SCORES)


@pytest.fixture(scope="module")
def kept():
    """References of made-up pictures: attacked ones lie lower by one score, higher by another, alike by the last."""
    rng = np.random.default_rng(0)
    clean = {name: rng.normal(0, 1, 200) for name in SCORES}
    moved = dict(zip(SCORES, (-2, 2, 0), strict=True))
    arms = {"clean": clean, "pgd-4": {name: clean[name] + moved[name] for name in SCORES}, "noise-4": clean}
    knowing = {"clean": clean, "pgd-unnoticed-4": {name: clean[name] - 0.1 for name in SCORES}}
    fooled = np.ones(200, bool)
    return (
        Reference("m", "f", 200, {"pgd-4": {"attack": "pgd"}}, arms, {"pgd-4": fooled}),
        Reference("m", "f", 200, {"a": {"attack": "pgd-unnoticed"}}, {**knowing, "a": arms["noise-4"]}, {"a": fooled}),
    )


@pytest.fixture
def found(question):
    return run(question, (*WHOLE, "detection"))


def known(monkeypatch, kept):
    monkeypatch.setattr(engine.evaluation, "references", lambda fingerprint: kept)


def test_on_a_model_of_which_nothing_is_kept_there_are_only_numbers(found):
    drawn = detection_figure(found)
    assert text.SAID_UNKNOWN in drawn and "<svg" not in drawn and "AUROC" not in drawn
    told = re.findall(r'data-head="[^"]*">(\d\.\d{4})<', drawn)
    scores = [value for one in found.detection.pictures.values() for value in one.scores.values()]
    assert [float(value) for value in told] == pytest.approx(scores, abs=5.1e-5) and len(scores) == 12


def test_every_score_has_its_marks_and_its_words(found, kept, monkeypatch):
    known(monkeypatch, kept)
    drawn = detection_figure(found)
    assert drawn.count('<svg class="spread"') == 3
    for kind, one in found.detection.pictures.items():
        marks = re.findall(rf'class="mark {kind}"[^>]*><title>[^:]*: (-?\d+\.\d{{4}})</title>', drawn)
        assert [float(value) for value in marks] == pytest.approx([*one.scores.values()], abs=5.1e-5)
    assert [figure.auroc(kept[0], "pgd-4", name)[0] > 0.5 for name in SCORES[:2]] == [False, True]
    figures = drawn.split("<figure>")[1:]
    words = [text.KINDS["wrong"], text.KINDS["none"]]
    assert ["wrong way" in one for one in figures] == [True, False, False]
    assert [words[1] in one for one in figures] == [False, False, True]


def test_the_sentences_count_who_is_flagged(found, kept, monkeypatch):
    known(monkeypatch, kept)
    high, low = (dict.fromkeys(SCORES, value) for value in (9.0, -9.0))
    label = found.detection.label
    wrong = replace_label(found, (label + 1) % 3)
    pictures = {
        "clean": Suspected(low, found.clean), "noise": Suspected(low, found.clean),
        "attacked": Suspected(high, wrong), "unnoticed": Suspected(low, wrong),
    }  # fmt: skip
    drawn = detection_figure(replace(found, detection=replace(found.detection, pictures=pictures)))
    assert "<b>3 of 3</b> scores flag the attacked picture" in drawn
    assert (
        "flagged by none, noise as large by none" in drawn
        and "turns the answer too, and is flagged by <b>none</b>" in drawn
    )
    assert drawn.count("would be <b>flagged</b>: only 0.0\u00a0%") == 3
    calm = {**pictures, "attacked": Suspected(low, replace_label(found, label))}
    drawn = detection_figure(replace(found, detection=replace(found.detection, pictures=calm)))
    assert text.SAID_MISSED.strip() in drawn and "100.0\u00a0% of the clean pictures" in drawn
    assert "turns the answer, and is flagged" in drawn and "turns the answer too" not in drawn


def test_a_null_arm_of_the_attacks_own_is_not_called_noise(found, kept, monkeypatch):
    known(monkeypatch, kept)
    own = engine.results.NullArm("a harmless word", found.adversarial.saved, found.clean)
    drawn = detection_figure(replace(found, adversarial=replace(found.adversarial, null=own)))
    assert ", the null arm by " in drawn and "noise as large by" not in drawn
    assert drawn.count("null arm: a harmless word") == 8  # the legend, three signs and what they are read as, the table
    assert text.NAMES["noise"] + " by" in detection_figure(found)


def replace_label(found, label):
    logits = found.clean.logits * 0
    logits[label] = 5
    return engine.Prediction(found.classes, logits)


def test_bars_hold_all_pictures_of_their_arm():
    values = np.array([-5.0, 0.1, 0.2, 9.0])
    shares = figure._shares(values, np.linspace(0, 1, 11))
    assert shares.sum() == pytest.approx(1) and shares[0] == 0.25 and shares[-1] == 0.25


def test_the_threshold_line_is_that_of_the_clean_pictures(found, kept, monkeypatch):
    known(monkeypatch, kept)
    drawn = detection_figure(found)
    lines = re.findall(r'class="threshold" x1="([\d.]+)"', drawn)
    assert len(lines) == 3
    clean = kept[0].scores["clean"][SCORES[0]]
    assert (clean > Detector(clean, clean).threshold).mean() == 0.05
