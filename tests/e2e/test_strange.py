"""A photograph given to the built-in model: amber words where it answers, no green, and a way on."""

import pytest

from engine.fieldguide.familiarity.photographs import crops
from tests.e2e.test_page import few_views, open_step, says

WORDS = "knows only its paintings"
GREEN = """() => {
  const probe = document.createElement('i');
  document.querySelector('#story').append(probe);
  const greens = new Set(['--good', '--good-soft', '--defended'].map((name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  }));
  probe.remove();
  const drawn = (element, part) => {
    const style = getComputedStyle(element, part);
    if (part && style.content === 'none') return [];
    const words = part || [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    return [words ? style.color : '', style.backgroundColor, style.fill, style.stroke];
  };
  return [...document.querySelectorAll('body *')].filter((element) => element.getClientRects().length)
    .filter((element) => [null, '::before'].some((part) => drawn(element, part).some((colour) => greens.has(colour))))
    .map((element) => element.outerHTML.slice(0, 80));
}"""  # what is seen in the page's green


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
    assert "Fooled" not in page.inner_text("#attack-verdict") + page.inner_text("#card-2")
    for place in ("#picture-bars", "#journey", "#verdict-head", "#verdict-table", "#attack-verdict"):
        assert page.locator(f"{place} .good").count() == 0, place
    open_step(page, 5)
    page.click("#tune-run")
    says(page, "Prompt tuned")
    page.locator("#tune-words .drift").first.wait_for()
    page.click("#pin")
    says(page, "Pinned")
    for step in range(1, 8):
        open_step(page, step)
        assert page.evaluate(GREEN) == [], step
    open_step(page, 6)
    amber = [page.locator(place).evaluate("e => getComputedStyle(e).backgroundColor") for place in (
        "#picture-bars .note.warn", "#card-1", "#card-6", "#verdict-head .note.warn",
    )]  # fmt: skip
    assert len(set(amber)) == 1 and amber[0] != page.locator("#card-7").evaluate(
        "e => getComputedStyle(e).backgroundColor"
    )
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.click("#present")
    for step in range(1, 5):  # the same words on each slide leave its picture whole
        page.locator(f"#card-{step}").dispatch_event("click")
        page.locator(f"#panel-{step}").wait_for(state="visible")
        beyond = page.locator(f"#panel-{step}").evaluate("(panel) => panel.scrollHeight - panel.clientHeight")
        assert beyond <= 3, (step, beyond)
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 1280, "height": 800})
    open_step(page, 6)
    page.click("#verdict-head .way")
    page.wait_for_function("document.activeElement.matches('#offer [data-do=use]')")
    assert page.locator("#offer [data-do=use]").bounding_box()["y"] > 0


def test_a_sample_is_judged_as_ever(page):
    assert page.locator("#picture-bars .note.good").count() == 1 and page.evaluate(GREEN)
    assert WORDS not in page.inner_text("#story")
