"""The page for those who do not point and click: no serious violation of WCAG, and the keyboard reaches everything."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.e2e.test_page import open_step, says


def violations(page):
    """What axe-core holds to be serious or critical, each with the first element it found."""
    found = Axe().run(page).response["violations"]
    return [(v["id"], v["nodes"][0]["html"][:120]) for v in found if v["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_step_has_a_serious_violation(browser, address, theme):
    opened = browser.new_page(viewport={"width": 1280, "height": 800})
    opened.set_default_timeout(120_000)
    opened.goto(f"{address}?__theme={theme}")
    opened.get_by_text("which is right").first.wait_for()
    opened.click("#run-story")
    says(opened, "The whole story ran")
    for number in range(1, 8):
        open_step(opened, number)
        if number == 3:
            opened.click("#look-inside")
            says(opened, "All heads drawn")
            opened.click("#read-words")
            says(opened, "Words read")
            opened.click("#every-run")
            says(opened, "Every map drawn")
        opened.wait_for_timeout(300)
        assert violations(opened) == [], f"step {number}"
    opened.close()


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


def test_the_keyboard_alone_walks_the_whole_story(page):
    tab_to(page, "samples", "1")
    page.keyboard.press("Enter")
    page.locator("#samples [data-index='1'][aria-pressed=true]").wait_for()
    says(page, "Ready")
    assert page.evaluate(FOCUS)["place"] == "1"  # the tiles were drawn anew; the focus is where it was
    stops = tab_to(page, "run-story", key="Shift+Tab")
    assert {"stop", "tour", "link", "download"} <= set(stops)
    page.keyboard.press("Enter")
    says(page, "The whole story ran")
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
