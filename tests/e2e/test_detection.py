"""Step 2's question whether one could tell that it was attacked, in a browser."""

from tests.e2e.test_page import open_step, says, unfold


def test_signs_of_an_attack_are_looked_for(common_page):
    page = common_page
    open_step(page, 2)
    unfold(page, "#detection-fold")
    page.click("#look-for-signs")
    says(page, "Signs looked for")
    assert page.locator("#detection svg.spread").count() == 3
    assert page.locator("#detection svg.spread").first.locator(".mark").count() == 4
    page.click("#detection summary")
    assert page.locator("#detection tbody tr").count() == 4
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
