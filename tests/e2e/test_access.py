"""The page for those who do not point and click: the keyboard reaches everything."""

import pytest

from tests.e2e.conftest import at_rest, streams_of
from tests.e2e.test_page import few_views, open_step, pick_option, says

FOCUS = """() => {
  const at = document.activeElement, frame = at.closest('.wrap'), box = at.getBoundingClientRect();
  const style = (e) => getComputedStyle(e);
  const outlined = (e) => style(e).outlineStyle !== 'none' && parseFloat(style(e).outlineWidth) > 0;
  const inside = box.width > 0 && box.bottom > 0 && box.top < innerHeight && style(at).visibility === 'visible';
  return {home: at.closest('[id]:not([id^=html-])')?.id ?? '', place: at.dataset.index ?? '', kind: at.type ?? '',
          body: at === document.body, seen: inside && (outlined(at) || !!frame && outlined(frame))};
}"""


def tab_to(page, home, place="", kind=None, key="Tab"):
    """Press Tab until the focus is there; wherever it stops on the way, one sees it. Returns the stops."""
    stops = []
    for _ in range(120):
        page.keyboard.press(key)
        at = page.evaluate(FOCUS)
        if at["body"]:
            continue  # the end of the page; the next stop is its head
        assert at["seen"], at
        stops.append(at["home"])
        if at["home"] == home and at["place"] == place and kind in (None, at["kind"]):
            return stops
    raise AssertionError(f"{home} was not reached; {stops}")


@pytest.fixture
def fresh(tab):
    """The page that these tests share as it was loaded: the first stop of the Tab key is yet to come. Afterwards as
    after `loaded`."""
    opened, watched = tab
    yield opened
    watched.nothing()


def test_few_stops_lead_to_the_cards_and_back_goes_to_the_step_before(fresh):
    page = fresh
    stops = tab_to(page, "card-1")
    assert stops[0] == "skip" and len(stops) - 1 <= 6
    tab_to(page, "skip", key="Shift+Tab")
    assert page.locator(".skip").evaluate("(link) => getComputedStyle(link).color") == "rgb(255, 255, 255)"
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUS)["home"] == "card-1"
    for number in (3, 5):
        page.click(f"#card-{number}")
    page.go_back()
    page.locator("#panel-3").wait_for(state="visible")
    page.go_back()
    page.locator("#panel-1").wait_for(state="visible")
    page.go_forward()
    page.reload()
    page.locator("#card-1").get_by_text("%").wait_for()
    says(page, "Ready|question")
    assert page.locator("#panel-3").is_visible() and not page.locator("#panel-1").is_visible()


def test_the_keyboard_alone_walks_the_whole_story(kept_page):
    page = kept_page
    few_views(page)
    open_step(page, 1)
    page.focus(".skip")  # where the page begins
    tab_to(page, "samples", "1")
    page.keyboard.press("Enter")
    page.locator("#samples [data-index='1'][aria-pressed=true]").wait_for()
    says(page, "Ready")
    assert page.evaluate(FOCUS)["place"] == "1"  # the tiles were drawn anew; the focus is where it was
    stops = tab_to(page, "run-story", key="Shift+Tab")
    assert len(stops) > 10  # from the samples, which are last, past the cards
    along = []
    for _ in range(12):
        page.keyboard.press("ArrowRight")
        along.append(page.evaluate(FOCUS)["home"])
        if along[-1] == "run-story":
            break
    assert {"stop", "tour", "link", "download"} <= set(along) and along[-1] == "run-story"
    page.keyboard.press("Enter")
    says(page, "The whole story (ran|is)")
    for number in range(1, 8):
        tab_to(page, f"card-{number}")
        page.keyboard.press("Enter")
        page.locator(f"#panel-{number}").wait_for(state="visible")
    tab_to(page, "card-2", key="Shift+Tab")
    page.keyboard.press("Enter")
    before = page.inner_text("#attack-passed")
    tab_to(page, page.locator("#attack-at input[type=range]").get_attribute("id"))
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("(was) => document.querySelector('#attack-passed').innerText !== was", arg=before)


def test_the_focus_of_a_menu_rings_its_field_and_not_the_page(kept_page):
    page = kept_page
    page.locator("#label-set input").focus()
    ringed = "() => [...document.querySelectorAll('.wrap')].filter((e) => getComputedStyle(e).outlineStyle !== 'none')"
    assert page.evaluate(f"({ringed})().map((e) => e.closest('[id]').id)") == ["label-set"]


def test_a_menu_that_is_left_as_it_was_closes_and_changes_nothing(loaded):
    page = loaded  # no menu has been opened on it yet
    streams = streams_of(page)
    pick_option(page, "#label-set", "birds by colour")
    page.wait_for_function("() => document.querySelector('#class-names textarea').value.includes('blue bird')")
    at_rest(page, streams)
    pick_option(page, "#true-class", "blue bird")
    at_rest(page, streams)
    page.focus("#true-class input")
    page.get_by_role("option").first.wait_for()
    assert tab_to(page, "template") == ["class-names", "label-set", "template"]
    page.get_by_role("listbox").wait_for(state="detached")  # it fades, for as long as the browser takes
    at_rest(page, streams)
    assert page.input_value("#true-class input") == "blue bird"
    assert page.get_by_role("listbox").count() == 0  # nor has it come back
    own = "red bird\nblue bird\nfish"
    page.fill("#class-names textarea", own)
    page.wait_for_function("() => document.querySelector('#label-set input').value === 'None: the names above'")
    assert "Source" not in page.inner_text("#label-set")
    page.click("#label-set input")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Tab")
    page.get_by_role("listbox").wait_for(state="detached")
    at_rest(page, streams)
    assert page.input_value("#class-names textarea") == own and page.get_by_role("listbox").count() == 0
