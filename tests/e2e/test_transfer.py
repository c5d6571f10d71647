"""Step 2's question whether another model is fooled, in a browser."""

from tests.e2e.test_page import open_step, says, unfold


def test_the_built_in_model_s_sibling_answers_too(common_page):
    page = common_page
    open_step(page, 2)
    unfold(page, "#transfer-fold")
    page.click("#hand-on")
    says(page, "All models have answered")
    assert page.locator("#transfer tbody tr").count() == 2 and page.locator("#transfer .end").count() == 4
    assert page.locator("#transfer .answer").count() == 12
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
