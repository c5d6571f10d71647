"""The page as something else: slides for a room, a report on paper, results first on a phone."""

import re

from app.text.words import STEPS
from tests.e2e.test_page import says

FITS = """(number) => {
  const panel = document.querySelector(`#panel-${number}`), type = (part) => {
    const seen = [...panel.querySelectorAll(part)].find((each) => each.getBoundingClientRect().height);
    return parseFloat(getComputedStyle(seen).fontSize) * seen.currentCSSZoom;
  };
  const scrolls = document.documentElement.scrollHeight - innerHeight;
  return [panel.scrollHeight - panel.clientHeight, scrolls, type('.note, h2, .says')];
}"""


ALOUD = {  # what a slide says besides its picture and numbers
    1: "#picture-question h2", 2: "#attack-slider_label", 3: "#maps .aloud", 4: "#view-grid .aloud",
}  # fmt: skip
BRIEF = {1, 2, 3}  # the slides that have words underlined or lines drawn
SIDES = """() => [...document.querySelectorAll('#before-after img')].map((each) => {
  const { left, right, width, height } = each.getBoundingClientRect();
  return { left, right, width, height, whole: getComputedStyle(each).clipPath === 'none' };
})"""
HALVED = """() => {
  const box = (part) => document.querySelector(`#before-after ${part}`)?.getBoundingClientRect();
  const picture = box('img'), handle = box('.outer');
  const apart = picture && handle && picture.left + picture.right - handle.left - handle.right;
  return picture && picture.width > 60 && Math.abs(apart) < 4;
}"""
PAPER = 703  # CSS pixels between the margins of A4


def ran(page):
    page.click("#run-story")
    says(page, "The whole story (ran|is)")
    page.wait_for_function("'newer' in document.documentElement.dataset")  # no older result is offered any more
    page.locator("#panel-6").wait_for()  # the line may still be that of a story before


def test_presented_steps_turn_by_arrow_keys_large_and_one_a_screen(kept_page):
    page = kept_page
    ran(page)
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.locator("#present").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "leave"  # where the keyboard is, once what it pressed is away
    assert not page.locator("#inputs").is_visible() and page.locator("#panel-6").is_visible()
    for number in (5, 4, 3, 2, 1):
        page.keyboard.press("ArrowLeft")
        page.locator(f"#panel-{number}").wait_for(state="visible")
        beyond, scrolls, size = page.evaluate(FITS, number)
        assert beyond <= 3 and scrolls <= 0 and size >= 44, (number, beyond, scrolls, size)
        if number in ALOUD:
            said = page.locator(ALOUD[number]).bounding_box()
            assert said["y"] + said["height"] <= 1034 and said["height"] >= 44
        for brief in page.locator(f"#panel-{number} .presented").all():
            said = brief.bounding_box()  # what the words and lines of the slide mean
            assert number in BRIEF and said["y"] + said["height"] <= 1034
        assert page.locator(f"#panel-{number} .presented").count() == (number in BRIEF)
        assert not page.locator(f"#panel-{number} .on-tiles").first.is_visible()
    page.click("#card-7")
    brief = page.locator("#measured .presented").first
    assert "600 paintings" in brief.inner_text() and page.evaluate(FITS, 7)[0] <= 3
    page.click("#card-1")
    page.keyboard.press("PageDown")
    page.locator("#panel-2").wait_for(state="visible")
    page.wait_for_function(HALVED)  # both pictures are there
    page.keyboard.press("Escape")
    page.locator("#inputs").wait_for(state="visible")
    page.wait_for_function(HALVED)
    size = "(part) => parseFloat(getComputedStyle(part).fontSize) * part.currentCSSZoom"
    assert all(
        page.locator(part).first.evaluate(size) >= 16 for part in ("#panel-2 .caption p", ".card-detail", ".info-text")
    )
    page.set_viewport_size({"width": 1280, "height": 800})


def test_paper_shows_each_step_that_has_results_on_two_pages_in_light_colours(kept_page):
    page = kept_page
    ran(page)
    page.evaluate("document.body.classList.add('dark')")
    page.set_viewport_size({"width": PAPER, "height": 1000})
    page.emulate_media(media="print")
    assert [page.locator(f"#panel-{number}").is_visible() for number in range(1, 8)] == [True] * 6 + [False]
    assert not any(page.locator(part).is_visible() for part in ("#inputs", "#top", "#attack", "#poster .poster-save"))
    named = [page.locator(f"#panel-{number} .block.on-paper h2").inner_text().strip() for number in range(1, 7)]
    assert named == [f"{number} {step}" for number, step in enumerate(STEPS[:6], 1)]
    assert "White outline" in page.locator("#maps .presented").inner_text()
    clean, attacked = page.evaluate(SIDES)
    assert clean["whole"] and attacked["whole"] and clean["right"] <= attacked["left"]
    assert all(side["width"] > 60 and abs(side["width"] - side["height"]) < 2 for side in (clean, attacked))
    colour = "(part) => getComputedStyle(part).backgroundColor"
    assert {page.locator(part).evaluate(colour) for part in ("body", "#panel-1")} == {"rgb(255, 255, 255)"}
    bare = "(parts) => parts.every((part) => getComputedStyle(part).backgroundColor === 'rgba(0, 0, 0, 0)')"
    assert page.locator("#before-after :not(img)").evaluate_all(bare)
    sheets = page.pdf(format="A4", print_background=True, prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", sheets)) == 2
    page.emulate_media(media="screen")
    page.evaluate("document.body.classList.remove('dark')")
    page.set_viewport_size({"width": 1280, "height": 800})


def test_a_phone_keeps_what_happens_and_stop_in_sight_and_shows_results_first(kept_page):
    page = kept_page
    ran(page)
    page.set_viewport_size({"width": 390, "height": 844})
    tops = "(parts) => parts.map((part) => document.querySelector(part).getBoundingClientRect().top)"  # at one moment
    story, verdict, inputs = page.evaluate(tops, ["#story", "#verdict-head", "#inputs"])
    assert story < verdict < inputs
    page.click("#card-1")
    page.locator("#fit").wait_for()
    bars, fit = page.evaluate(tops, ["#picture-bars", "#fit"])
    assert bars < fit
    page.click("#card-2")
    assert page.locator("#attack-verdict").bounding_box()["y"] < page.locator("#eps").bounding_box()["y"]
    page.locator("#mathematics-2").scroll_into_view_if_needed()
    for part in ("#status .status", "#stop"):
        box = page.locator(part).bounding_box()
        assert box["y"] > 780 and box["y"] + box["height"] <= 844
    page.click("#to-inputs button")
    page.wait_for_function("document.querySelector('#inputs').getBoundingClientRect().top < 100")
    page.set_viewport_size({"width": 1280, "height": 800})
