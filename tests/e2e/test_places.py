"""Step 6's drawing of where the pictures went, in a browser."""

from tests.e2e.test_page import few_views, open_step, says, unfold


def test_the_pictures_are_placed_and_a_point_opens_its_view(common_page):
    page = common_page
    few_views(page)
    open_step(page, 6)
    unfold(page, "#plane-fold")
    page.click("#show-plane")
    says(page, "Pictures placed")
    assert page.locator("#plane svg.curve [data-index]").count() == 8
    page.locator("#plane [data-index='3']").dispatch_event("click")
    page.locator("#plane-view").get_by_text("View 3").wait_for()
    assert page.locator("#plane-view img").evaluate("(picture) => picture.naturalWidth") > 0
    with page.expect_download() as saved:
        page.click("[data-animation]")
    assert saved.value.suggested_filename.endswith(" story.gif")
    assert saved.value.path().read_bytes()[:6] == b"GIF89a"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
