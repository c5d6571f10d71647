"""From a verdict on one picture, what many say is one press away."""

from app.measured import load_measured
from tests.e2e.test_page import open_step


def test_the_measured_table_is_one_press_from_the_verdict(common_page):
    page = common_page
    open_step(page, 6)
    page.click("#verdict-measured button")
    page.locator("#panel-7 #measured").wait_for()
    first = load_measured()[0]
    rows = page.locator("#measured table").first.locator("tbody tr")
    assert rows.count() == len(first.defences)
    page.wait_for_function("document.querySelector('#measured').getBoundingClientRect().top < innerHeight / 2")


def test_percentages_are_judged_below_the_mosaic_for_what_it_compares(common_page):
    page = common_page
    open_step(page, 7)
    fold = page.locator("#trust")
    if not page.locator("#trust-drawn").is_visible():
        fold.locator("button").first.click()
    page.locator("#trust-drawn svg.reliability").first.wait_for()
    assert page.locator("#trust-drawn svg.reliability").count() == 4
    assert "on average" in page.locator("#trust-drawn").inner_text()
