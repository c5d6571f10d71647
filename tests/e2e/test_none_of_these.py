"""“None of these” switched on by a link, moved, and switched off again, in the browser."""

from tests.e2e.test_page import put

ANSWER = "#picture-bars .note"


def test_a_link_switches_it_on_and_the_threshold_moves_the_answer(common_page, address):
    page = common_page
    assert page.locator("#none-of-these").is_hidden() and page.locator("#picture-bars .cosine").count() == 0
    page.goto(f"{address}?none_of_these=1&none_below=0.9")
    page.locator(ANSWER).get_by_text("None of these:").wait_for()
    page.locator("#card-1.strange").get_by_text("None of these").wait_for()
    assert page.locator("#none-of-these input").is_checked()
    assert page.locator("#picture-bars .cosine").count() == 7
    best, threshold = (page.locator(f"#picture-bars .cosines .{mark}").bounding_box()["x"] for mark in ("best", "even"))
    assert best < threshold
    put(page, "#none-below", "0.3")
    page.locator(ANSWER).get_by_text("which is right").wait_for()
    page.locator("#card-1:not(.strange)").wait_for()
    page.click("#link")
    page.wait_for_function("location.search.includes('none_below=0.3') && location.search.includes('none_of_these=1')")
    page.click("#none-of-these input")  # `uncheck` would look at it again, and it goes
    page.locator("#picture-bars .cosines").wait_for(state="detached")
    page.locator("#none-of-these").wait_for(state="hidden")  # this model tells itself which pictures it knows
