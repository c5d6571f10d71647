"""What is pinned stays beside whatever is looked at next."""

from tests.e2e.axe import serious
from tests.e2e.test_live import measured, quick_attack
from tests.e2e.test_page import few_views, open_step, put, says

LIMIT = "#eps input[type=number]"


def test_what_is_pinned_stays_beside_what_a_moved_control_brings_and_both_change_places(kept_page):
    page = kept_page
    page.click("#pin")
    says(page, "nothing to compare yet")
    quick_attack(page, "5.4")
    page.click("#pin")
    page.locator("#pin-line").get_by_text("Change anything").wait_for()
    assert page.inner_text("#pin") == "Unpin"
    put(page, "#eps", "9.6")
    page.click("#attack")
    measured(page, "9.6")
    page.locator("#pin-line").get_by_text("5.4, now 9.6").wait_for()
    page.locator("#compare-2 .bar.attacked.pinned").first.wait_for()
    assert (
        page.locator("#compare-2 .bar.attacked.now").count() == page.locator("#compare-2 .bar.attacked.pinned").count()
    )
    page.click("#swap")
    says(page, "have changed places")
    measured(page, "5.4")
    page.locator("#pin-line").get_by_text("9.6, now 5.4").wait_for()
    assert page.input_value(LIMIT) == "5.4"
    page.click("#undo")
    measured(page, "9.6")
    page.locator("#pin-line").get_by_text("5.4, now 9.6").wait_for()
    page.click("#pin")
    says(page, "Unpinned")
    page.locator("#compare-2 .compared").wait_for(state="detached")
    assert not page.locator("#swap").is_visible()


def test_what_is_pinned_is_said_to_wait_for_results_and_comes_back_by_a_link(context, page):
    quick_attack(page, "5.6")
    page.click("#pin")
    page.uncheck("#live input")
    page.click("#samples [data-index='4']")
    page.locator("#card-2").get_by_text("Not run yet").wait_for()
    open_step(page, 2)
    page.locator("#compare-2").get_by_text("Not computed yet").wait_for()
    page.click("#link")
    says(page, "What is pinned is in it too")
    link = page.evaluate("location.href")
    other = context.new_page()
    other.goto(link)
    other.locator("#pin-line").get_by_text("(with its class names and true class)").wait_for()
    other.click("#swap")
    says(other, "have changed places")
    assert other.input_value(LIMIT) == "5.6"
    other.close()


def test_a_link_with_a_pin_that_is_none_opens_the_rest_and_says_so(context, address):
    other = context.new_page()
    other.goto(f"{address}?eps=2&pin.picture=sample+999")
    says(other, "Nothing is pinned")
    assert other.input_value(LIMIT) == "2" and not other.locator("#swap").is_visible()
    other.close()


def test_a_comparison_of_the_whole_story_fits_the_screen_with_no_serious_violation(page):
    few_views(page)
    page.click("#run-story")
    says(page, "The whole story (ran|is)")
    page.click("#pin")
    page.locator("#pin-line").get_by_text("Change anything").wait_for()
    open_step(page, 2)
    put(page, "#eps", "3.3")
    page.click("#run-story")
    page.locator("#compare-6").get_by_text("methods on both sides").wait_for(state="attached")
    says(page, "The whole story (ran|is)")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        for number in range(1, 7):
            open_step(page, number)
            page.locator(f"#compare-{number} .compared").wait_for()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"step {number} is too wide"
        assert serious(page) == [], f"at {width}"
    page.set_viewport_size({"width": 1280, "height": 800})
