"""A picture that the model knows nothing of: said in amber where its answers stand, and nothing there is green."""

import io
import json
import re
import zipfile
from dataclasses import replace

import pytest

from app.batch import Batch, Row
from app.export import report
from app.figures.batch import batch_table
from app.figures.compare.sides import Side
from app.figures.compare.tuning import tuning
from app.figures.compare.verdict import verdict as compared
from app.figures.html import mark, stranger, tick
from app.figures.journey import finding, journey
from app.figures.judged import caution
from app.figures.printed import AMBER, ATTACKED, DEFENDED, as_file, printed
from app.panels.attack import verdict
from app.state.found import Found
from app.text import many as text
from app.text import words as common
from app.text.counted import counted
from engine import Settings
from engine.results import Familiarity
from tests.app.drawing import drawn
from tests.page_cases import CHOICES

REFUSED, KNOWN = Familiarity(3.0, -1.0), Familiarity(-5.0, -1.0)
KEPT = ('class="mark good"', 'class="good"', 'class="note good"', "keeps the clean answer", "answers right")
GREEN = re.compile(r'class="[^"]*\b(good|defended)\b')


@pytest.fixture
def strange(told):
    """What was found after the whole story, on a picture that the model refuses."""
    return replace(told, clean=replace(told.clean, familiarity=REFUSED))


def markup(page, found) -> str:
    return " ".join(value for value in drawn(page, found).values() if isinstance(value, str))


def test_answer_cards_and_verdict_say_it_in_amber_and_nothing_is_green(page, strange):
    updates = {component.elem_id: value for component, value in drawn(page, strange).items()}
    for place in ("picture-bars", "attack-verdict", "maps", "view-grid", "verdict-head"):
        assert common.STRANGE_WAY in updates[place] and "note warn" in updates[place], place
    assert all(kept not in markup(page, strange) for kept in KEPT) and not GREEN.search(markup(page, strange))
    assert GREEN.search(markup(page, replace(strange, clean=replace(strange.clean, familiarity=KNOWN))))
    assert "bar defended" not in updates["verdict-final"] and "your settings" in updates["verdict-final"]


def test_one_that_it_knows_is_judged_as_ever(page, told, monkeypatch):
    known = replace(told, clean=replace(told.clean, familiarity=KNOWN))
    monkeypatch.setattr(Found, "with_cosines", False)  # which stand where the model itself cannot tell
    assert common.STRANGE_WAY not in markup(page, known) and markup(page, known) == markup(page, told)
    assert any(kept in markup(page, told) for kept in KEPT)


def test_cards_are_amber_and_claim_nothing(told, strange):
    assert journey(strange).count(" strange") == 6 and " strange" not in journey(told)
    assert finding(strange, 1) == (common.STRANGE_CARD, common.STRANGE_ANSWER)
    assert finding(strange, 2) in ((said, common.STRANGE_VERDICT.lower()) for said in common.MOVED_CARD.values())
    assert finding(strange, 6) == (common.STRANGE_VERDICT, common.STRANGE_CARD.lower())
    heads = [finding(strange, number) for number in (4, 5)]
    assert all("right" not in detail and "clean" not in detail for _, detail in heads)


def test_marks_are_without_colour_on_such_a_picture():
    for good in (True, False):
        assert "good" not in mark(good, True, True) + tick(good, True)
        assert "bad" not in mark(good, True, True) + tick(good, True)
    assert mark(True, True, True) != mark(False, True, True) and tick(True, True) != tick(False, True)
    assert 'data-bring="offer"' in stranger()


def test_the_attack_is_told_without_a_colour(strange):
    said = verdict(strange.adversarial, caution(strange))
    assert "Fooled" not in said and "The attack" in said
    assert "note warn" in said and "note plain" in said and "note bad" not in said and "note good" not in said


def test_a_comparison_counts_nothing_on_such_a_picture(told, strange):
    sides = [Side("Pinned", "pinned", told, CHOICES), Side("Now", "now", strange, CHOICES)]
    assert not GREEN.search(tuning([replace(side, found=strange) for side in sides])) and GREEN.search(
        tuning(sides[:1])
    )
    assert GREEN.search(tuning([replace(sides[0], found=strange), replace(sides[1], found=told)]))
    assert common.STRANGE_WAY in compared(sides) and "methods on both sides" not in compared(sides)
    assert "methods on both sides" in compared([replace(sides[0]), replace(sides[1], found=told)])


def test_such_pictures_are_in_no_count_of_many(told):
    rows = tuple(
        Row("", truth, "red fish", (("a-tpt", "red fish"),), strange=strange)
        for truth, strange in (("red fish", False), ("red fish", True), ("", True))
    )
    batch = Batch(Settings(), 3, rows)
    assert (len(batch.known), len(batch.unknown), batch.strange, batch.right("a-tpt")) == (1, 0, 2, 1)
    table = batch_table(batch)
    assert counted(text.STRANGE_BATCH, count=2) in table and table.count('class="good"') == 2
    only = replace(told, batch=replace(batch, rows=rows[1:]))
    assert finding(only, 7) == (common.STRANGE_VERDICT, common.STRANGE_CARD.lower())


def colours(figure) -> set[str]:
    """Those of all lines, bars and words of a printed figure."""
    from matplotlib.colors import to_hex

    drawn = [artist.get_color() for axes in figure.axes for artist in axes.lines]
    drawn += [patch.get_facecolor() for axes in figure.axes for patch in axes.patches]
    return {to_hex(colour) for colour in drawn}


@pytest.mark.slow
def test_printed_figures_are_grey_with_amber_words_below(told, strange):
    known, figures = printed(told, "tiny"), printed(strange, "tiny")
    assert DEFENDED in colours(known["tuning"]) and colours(known["defences"]) <= {DEFENDED, ATTACKED}
    assert known["tuning"].get_supxlabel() == ""
    assert set(figures) == {"attack", "maps", "tuning", "defences", "poster"}
    for name, figure in figures.items():
        assert DEFENDED not in colours(figure), name
        assert figure.get_supxlabel().startswith("This model knows only its paintings."), name
        assert figure._supxlabel.get_color() == AMBER
        assert as_file(figure, "pdf").startswith(b"%PDF"), name
    words = {words.get_text() for words in figures["defences"].axes[0].texts}
    assert words <= set(common.STRANGE_MARK.values())


@pytest.mark.usefixtures("undrawn")
def test_the_zip_says_it_where_it_tells_answers(tiny, told, strange):
    def files(found) -> dict[str, str]:
        with zipfile.ZipFile(io.BytesIO(report.bundle(tiny, found, CHOICES))) as archive:
            names = ("README.txt", "results.json", "redo.py")
            return {name: archive.read(f"a-tpt-explorer/{name}").decode() for name in names}

    plain, warned = files(told), files(strange)
    assert "This model knows only its paintings." in warned["README.txt"] and "**" not in warned["README.txt"]
    assert "knows only its paintings" not in plain["README.txt"]
    familiarity = json.loads(warned["results.json"])["familiarity"]
    assert not familiarity["accepted"] and "knows only its paintings" in familiarity["sentence"]
    assert json.loads(plain["results.json"])["familiarity"] is None
    assert "print(event.result.familiarity.sentence)" in warned["redo.py"]
