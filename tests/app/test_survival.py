"""Step 2's test of what becomes of an attack: dots, words and table say what the engine found."""

import re
from dataclasses import replace

import pytest

import engine
from app.figures.survival import survival_figure
from app.text import survival as text
from engine.story import Survival, Survived
from tests.page_cases import WHOLE, run


@pytest.fixture
def found(question):
    return run(question, (*WHOLE, "survival"))


def test_every_change_has_its_two_leads(found):
    drawn = survival_figure(found)
    for kind, sign in (("clean", "circle"), ("attacked", "path")):
        told = re.findall(rf'<{sign} class="{kind}"[^>]*><title>(.*?): ([\u2212\d.]+)</title>', drawn)
        assert [name for name, _ in told] == [
            text.NONE,
            *(one.title for one in engine.transformations.TRANSFORMATIONS.values()),
        ]
        leads = [getattr(row, kind).lead(found.survival.label) for row in found.survival.rows]
        assert [float(lead.replace("\u2212", "-")) for _, lead in told] == pytest.approx(leads, abs=0.051)


def test_a_lead_stands_right_of_the_line_where_the_class_is_answered(found):
    drawn = survival_figure(found)
    zero = float(re.search(r'class="even" x1="([\d.]+)"', drawn)[1])
    places = [float(x) for x in re.findall(r'<circle class="clean" cx="([\d.]+)"', drawn)]
    rights = [row.clean.label == found.survival.label for row in found.survival.rows]
    assert [place > zero for place in places] == rights


def made(found, *labels):
    """A survival whose clean answers and attacked answers have these labels, first as they are."""
    own, other = found.adversarial.label, (found.adversarial.label + 1) % 3
    answers = {"r": own, "w": other}
    logits = found.clean.logits

    def answer(sign):
        moved = logits * 0
        moved[answers[sign]] = 5
        return engine.Prediction(found.classes, moved)

    rows = tuple(
        Survived(name, answer(pair[0]), answer(pair[1]))
        for name, pair in zip(("", *engine.transformations.TRANSFORMATIONS), labels, strict=False)
    )
    return replace(found, survival=Survival(own, rows))


def test_the_sentence_counts_how_it_ends(found):
    drawn = survival_figure(made(found, "rw", "rw", "rr", "ww", "rr"))
    assert "Of 4 changes the attack survives <b>1</b>; in <b>2</b> the answer is right again; in <b>1</b>" in drawn
    assert "fooled nobody" not in drawn and text.ENDS_WHY[True]["spoilt"] in drawn
    calm = survival_figure(made(found, "rr", "rr", "rw", "ww"))
    assert "turned no answer" in calm and "keeps its answer in 1 of 3, is answered wrong only now in <b>1</b>" in calm
    assert text.ENDS_WHY[True]["turned"] in calm and text.ENDS_WHY[True]["held"] not in calm


@pytest.mark.parametrize("ends", [("rw", "rw", "rr", "ww", "rr"), ("rr", "rr", "rw", "ww")])
def test_where_nobody_says_what_the_picture_shows_nothing_is_called_right_or_wrong(found, ends):
    drawn = survival_figure(replace(made(found, *ends), label=None))
    assert not re.search(r"\b(right|wrong)\b", drawn.replace("right of the line", ""))
    assert "clean answer is back" in drawn or "another one only now" in drawn


def test_without_a_clean_picture_it_says_what_is_not_known(found):
    unknown = replace(found.survival, rows=tuple(replace(row, clean=None) for row in found.survival.rows))
    drawn = survival_figure(
        replace(found, survival=replace(unknown, label=(found.survival.rows[0].attacked.label + 1) % 3))
    )
    assert "is not known here" in drawn and 'class="clean"' not in drawn


def test_nothing_is_called_right_on_a_picture_that_the_model_does_not_know(found):
    strange = replace(found, clean=replace(found.clean, familiarity=engine.results.Familiarity(9.0, 0.0)))
    drawn = survival_figure(strange)
    assert text.SAID_STRANGE in drawn and "survives" not in drawn and 'class="mark good"' not in drawn
