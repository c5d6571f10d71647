"""“None of these” on the page: a reading of the answer that is neither right nor wrong, and cosines beside shares."""

from dataclasses import replace

import pytest
import torch

from app.batch import Batch, Row
from app.figures.batch import batch_table
from app.figures.compare.sides import Side
from app.figures.compare.verdict import verdict as compared
from app.figures.cosines import cosine_line
from app.figures.journey import finding, journey
from app.figures.judged import judged
from app.figures.printed import printed
from app.panels.batch import _asked
from app.picture_sources import Opened
from app.state.parts import Account
from app.text import compare as compare_text
from app.text import many as many_text
from app.text import verdict as verdict_text
from app.text import words as common
from app.text.counted import counted
from engine import DEFENCES, Settings
from engine.results import Familiarity
from engine.settings import AnswerSettings
from tests.app.drawing import drawn
from tests.app.test_strange import GREEN
from tests.page_cases import CHOICES, CLASSES, picture

CLIP = f">{DEFENCES['clip'].title}<"
ON, NEVER = AnswerSettings(True, 1.0), AnswerSettings(True, -1.0)  # no cosine of the tiny model reaches 1, all reach -1


@pytest.fixture
def none(told):
    """The whole story where the visitor says what the picture shows, and every answer of one picture abstains."""
    return replace(told, answer=ON)


@pytest.fixture
def unjudged(none):
    """The same where nobody says what it shows."""
    return replace(none, label=None)


def updates(page, found) -> dict:
    return {component.elem_id: value for component, value in drawn(page, found).items()}


def test_off_and_never_change_no_word_but_those_on_the_threshold(page, told):
    off, never = updates(page, told), updates(page, replace(told, answer=NEVER))
    told_of = {"picture-bars", "verdict-table", "none-below"}
    assert {name for name in off if off[name] != never[name]} == told_of
    assert verdict_text.JUDGED[True] in never["verdict-table"] and verdict_text.NONE_JUDGED in never["verdict-table"]
    assert "threshold -1" not in never["picture-bars"] and "threshold −1.00" in never["picture-bars"]
    assert common.NONE not in off["picture-bars"] and "cosines" not in off["picture-bars"]


def test_cosines_stand_behind_shares_unless_the_model_tells_which_pictures_it_knows(page, told):
    found = updates(page, told)
    for place in ("picture-bars", "attack-bars", "tune-head", "verdict-final"):
        assert 'class="cosine"' in found[place] and "bar-heads" in found[place], place
    assert found["picture-bars"].count(f'<p class="fine">{common.COSINE_WHY}') == 1
    cosine = float(told.clean.cosines[told.clean.label])
    assert f"{abs(cosine):.2f}</span>" in found["picture-bars"]
    assert found["verdict-final"].count('<span class="cosine"></span>') == 3  # of many views there are none
    known = replace(told, clean=replace(told.clean, familiarity=Familiarity(-5.0, -1.0)))
    seen = updates(page, known)
    assert not any('class="cosine"' in value or common.COSINE_WHY in value for value in map(str, seen.values()))


def test_the_box_is_offered_with_the_cosines_and_the_threshold_once_it_is_ticked(page, told, none):
    known = replace(told, clean=replace(told.clean, familiarity=Familiarity(-5.0, -1.0)))
    for found, box, threshold in ((told, True, False), (none, True, True), (known, False, False)):
        seen = updates(page, found)
        assert (seen["none-of-these"]["visible"], seen["none-below"]["visible"]) == (box, threshold)
    asked = replace(known, answer=ON)  # by a link
    assert updates(page, asked)["none-of-these"]["visible"]


def test_without_a_true_class_nothing_is_right_or_wrong(page, unjudged):
    seen = updates(page, unjudged)
    assert f"All later steps go on with <b>{unjudged.clean.name}</b>" in seen["picture-bars"]
    for place in ("attack-verdict", "verdict-head", "tune-head"):
        assert "the model&#x27;s answer to the clean picture" in seen[place], place
    assert not GREEN.search(" ".join(value for value in seen.values() if isinstance(value, str)))
    assert finding(unjudged, 1)[0] == common.NONE_CARD and finding(unjudged, 6)[0] == common.NONE_VERDICT
    assert journey(unjudged).count(" strange") == 6


def test_beside_a_true_class_an_abstention_is_neither_and_votes_are_judged_as_ever(page, told, none):
    seen, plain = updates(page, none), updates(page, told)
    assert "neither right nor wrong" in seen["picture-bars"] and 'class="note good"' not in seen["picture-bars"]
    assert journey(none).count(" strange") == 2
    assert [finding(none, step)[0] for step in (1, 2)] == [common.NONE_CARD, common.NONE_CARD]
    assert f">{common.NONE_MARK}<" in judged(none, none.adversarial.before)
    votes = none.ensemble.prediction
    assert judged(none, votes) == judged(told, votes)
    rows = seen["verdict-table"].split("<tr>")
    abstained = [row for row in rows if common.NONE in row]
    assert len(abstained) == 2 and all(">No attack, no defence<" in row or CLIP in row for row in abstained)
    assert seen["verdict-table"].count(common.NONE_MARK_WHY) == 2
    assert [row for row in rows if "A-TPT" in row] == [
        row for row in plain["verdict-table"].split("<tr>") if "A-TPT" in row
    ]


def test_an_abstention_is_in_no_count_of_right_answers(page, told, none):
    answer = told.defences[0].prediction
    right = replace(answer, logits=answer.scale * torch.eye(len(CLASSES))[told.reference] / 2)  # its cosine is 0.5
    sure = tuple(replace(one, prediction=right) for one in told.defences)
    every, no = (replace(told, defences=sure, ensemble=None, answer=how) for how in (AnswerSettings(), ON))
    assert finding(every, 6)[0] == "1 of 1 right" and finding(no, 6)[0] == "0 of 1 right"
    assert "Of the 1 defence chosen, 1 answers right." in updates(page, every)["verdict-head"]
    assert "Of the 1 defence chosen, 0 answer right." in updates(page, no)["verdict-head"]
    alone = replace(every, defences=sure[:1])  # which is no defence
    assert finding(alone, 6) == ("1 of 1 right", "no defence")
    assert "chosen" not in updates(page, alone)["verdict-head"]
    assert finding(none, 5)[1] == f"the picture alone: {common.NONE}"
    words = [[word.get_text() for word in printed(found, "tiny")["defences"].axes[0].texts] for found in (every, no)]
    assert words == [["right"] * 2, [common.NONE_MARK] * 2]


def test_a_comparison_says_what_became_an_abstention(told, none):
    before, after = (Side(name, name.lower(), found, CHOICES) for name, found in (("Pinned", told), ("Now", none)))
    turned = compare_text.COMPARE_TURNED.format(how=common.NONE)
    assert compared([before, after]).count(turned) == 2  # clean, and CLIP attacked
    good = common.AS_ASKED[True][none.defences[0].prediction.label == told.reference]
    assert compare_text.COMPARE_TURNED.format(how=good) in compared([after, before])
    assert compare_text.COMPARE_TURNED.format(how=common.NONE) not in compared([after, after])


def test_of_an_attacked_picture_that_is_none_of_these_the_attack_is_told_without_a_colour(page, none):
    seen = updates(page, none)
    for place in ("attack-verdict", "verdict-head"):
        assert "The attacked picture is answered <b>none of these</b>" in seen[place], place
    assert "note bad" not in seen["attack-verdict"] and "note good" not in seen["attack-verdict"]


def test_the_line_shows_the_best_cosine_where_it_lies_beside_the_threshold(told):
    best = told.clean.best_cosine
    below, above = (cosine_line(told.clean, best + step) for step in (0.1, -0.1))

    def places(line: str) -> list[float]:
        return [float(line.partition(f'class="{kind}" x1="')[2].partition('"')[0]) for kind in ("best", "even")]

    assert places(below)[0] < places(below)[1] and places(above)[0] > places(above)[1]
    assert all(0 < place < 400 for line in (below, above) for place in places(line))
    assert below.count('class="one"') == len(CLASSES) and told.clean.name in below
    assert "best " in cosine_line(replace(told.clean, logits=told.clean.logits * 0), 0.0)  # all alike, at the threshold


def test_among_many_pictures_it_counts_for_nothing(tiny):
    rows = (
        Row("", "red fish", "", (("clip", ""), ("a-tpt", "red fish"))),
        Row("", "", "", (("clip", ""), ("a-tpt", "red fish"))),
        Row("", "", "red fish", (("clip", "red fish"), ("a-tpt", "red fish"))),
    )
    batch = Batch(Settings(), 3, rows)
    assert (batch.none, len(batch.known), len(batch.unknown)) == (4, 1, 1)
    assert (batch.right(None), batch.right("clip"), batch.right("a-tpt"), batch.kept("clip")) == (0, 0, 1, 1)
    table = batch_table(batch)
    assert counted(many_text.NONE_BATCH, count=4) in table and table.count(f">{common.NONE}<") == 4
    assert table.count('class="good"') == 3 and 'class="bad"' not in table


def test_a_row_of_many_reads_its_answers_with_the_threshold(tiny, page):
    opened = Opened(picture(tiny), CLASSES.names, "red fish")
    for answer, empty in ((AnswerSettings(), False), (ON, True)):
        settings = replace(CHOICES._replace(defences=["clip", "a-tpt"]).settings(), answer=answer)
        row = _asked(page.models, tiny, opened, settings, CHOICES, Account())
        assert (row.clean == "") == (row.answer("clip") == "") == empty and row.answer("a-tpt")
