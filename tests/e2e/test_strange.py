"""A photograph given to the built-in model: amber words where it answers, no green, and a way on."""

import pytest

from engine.fieldguide.familiarity.photographs import crops
from tests.e2e.test_page import few_views, open_step, says

WORDS = "knows only its paintings"


@pytest.fixture
def photograph(tmp_path):
    """scikit-image's astronaut, as a file."""
    path = tmp_path / "astronaut.png"
    crops(("astronaut",), 1, 0)[0].save(path)
    return path


def test_a_photograph_is_answered_in_amber_on_answer_cards_and_verdict(page, photograph):
    page.set_input_files("#upload input[type=file]", photograph)
    page.locator("#picture-bars").get_by_text(WORDS).wait_for()
    few_views(page)
    open_step(page, 6)
    page.click("#compare")
    says(page, "Methods compared")
    page.locator("#verdict-head").get_by_text(WORDS).wait_for()
    for place in ("#picture-bars", "#journey", "#verdict-head", "#verdict-table", "#attack-verdict"):
        assert page.locator(f"{place} .good").count() == 0, place
    amber = [page.locator(place).evaluate("e => getComputedStyle(e).backgroundColor") for place in (
        "#picture-bars .note.warn", "#card-1", "#card-6", "#verdict-head .note.warn",
    )]  # fmt: skip
    assert len(set(amber)) == 1 and amber[0] != page.locator("#card-7").evaluate(
        "e => getComputedStyle(e).backgroundColor"
    )
    page.click("#verdict-head a")
    page.wait_for_function("document.activeElement.matches('#offer [data-do=use]')")
    assert page.locator("#offer [data-do=use]").bounding_box()["y"] > 0


def test_a_sample_is_judged_as_ever(page):
    assert page.locator("#picture-bars .note.good").count() == 1
    assert WORDS not in page.inner_text("#story")
