"""The strip of severities: six pictures with their answers, for ordinary damage alone."""

from dataclasses import replace

import pytest
import torch

from app.figures.html import percent
from app.figures.severities import severities_figure
from app.state.found import Found
from app.text import severities as text
from engine.story import Results
from tests.page_cases import CHOICES, asked, run

CORRUPTION = CHOICES._replace(attack="corruption", corruption="fog")


@pytest.fixture(scope="module")
def found(tiny) -> Found:
    return run(asked(tiny, Results(), CORRUPTION), ("clean", "severities"))


def turned(found, *labels) -> Found:
    """The same with these answers from the picture as it is on."""
    known = found.severities.answers[0]
    one_hot = [replace(known, logits=torch.eye(len(known.logits))[label]) for label in labels]
    return replace(found, severities=replace(found.severities, answers=tuple(one_hot)))


def test_six_tiles_in_order_say_each_answer(found):
    drawn = severities_figure(found)
    places = [drawn.index(f"<b>{name}</b>") for name in text.NAMES]
    assert drawn.count("<li>") == 6 and places == sorted(places)
    for answer in found.severities.answers:
        assert percent(answer.confidence) in drawn


def test_it_says_where_the_answer_first_turns_and_whether_it_comes_back(found):
    said = lambda *labels: severities_figure(turned(found, *labels))  # noqa: E731
    assert text.SAID_ALL in said(1, 1, 1, 1, 1, 1)
    there = said(1, 1, 0, 0, 0, 0)
    assert "severity 2" in there.split("<ol")[0] and "is back" not in there
    assert "At severity 4 the first one is back" in said(1, 1, 0, 0, 1, 0)
