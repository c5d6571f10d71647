"""The page for those who do not point and click: no serious violation of WCAG, and the keyboard reaches everything."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from .test_page import open_step, says


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


def test_the_keyboard_alone_runs_the_story_and_opens_steps(page):
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "run-story":
            break
    page.keyboard.press("Enter")
    says(page, "The whole story ran")
    reached = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.className"))
        if page.evaluate("document.activeElement.id") == "card-4":
            page.keyboard.press("Enter")
            break
    assert page.locator("#panel-4").is_visible()
    assert {"stop", "tour", "link", "download"} <= reached
