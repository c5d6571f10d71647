"""Step 2's test of what becomes of an attack, in a browser."""

import engine
from tests.e2e.test_page import open_step, says, unfold


def test_both_pictures_are_sent_on_their_way(common_page):
    page = common_page
    open_step(page, 2)
    unfold(page, "#survival-fold")
    page.click("#send-on")
    says(page, "Both pictures came back")
    changes = len(engine.transformations.TRANSFORMATIONS)
    assert page.locator("#survival svg .attacked").count() == 1 + changes
    page.click("#survival summary")
    assert page.locator("#survival tbody tr").count() == 1 + changes
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
