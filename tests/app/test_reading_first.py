"""A picture whose many sentences are not read yet: the page says so, and a press has them read."""

import pytest

import engine
from app.figures.journey import journey
from app.state.found import Found
from app.text import inputs as text
from tests.app.drawing import drawn
from tests.page_cases import picture


@pytest.mark.parametrize(("count", "offered"), [(2, False), (600, True)])
def test_many_sentences_are_read_at_a_press_and_the_names_are_not_called_wrong(page, tiny, count, offered):
    names = tuple(f"fish number {place}" for place in range(count))
    found = Found(picture=picture(tiny), classes=engine.Classes(names, ("a photo of a {}.", "a drawing of a {}.")))
    updates = drawn(page, found)
    button = next(part for part in updates if getattr(part, "elem_id", "") == "read-first")
    bars = next(value for part, value in updates.items() if getattr(part, "elem_id", "") == "picture-bars")
    assert updates[button]["visible"] == offered
    assert ("1,200 sentences" in bars) == offered and (text.NOT_ANSWERED in bars) != offered
    assert "need a change" not in bars
    cards = journey(found)
    assert "No answer yet." in cards and "Needs the answer." in cards and "Choose one." not in cards


def test_names_that_cannot_be_used_are_still_called_so(page, tiny):
    bars = next(
        value for part, value in drawn(page, Found(picture=picture(tiny))).items()
        if getattr(part, "elem_id", "") == "picture-bars"
    )  # fmt: skip
    assert text.NO_ANSWER in bars
