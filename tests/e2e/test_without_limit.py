"""Attacks without a limit: what they say of themselves, their null arm, and a place that is pressed."""

from tests.e2e.test_page import unfold


def chosen(page, title):
    """Choose an attack in the menu of step 2."""
    page.locator("#card-2").click()
    page.locator("#attack-menu input").click()
    page.get_by_role("option", name=title, exact=True).click()


def test_a_word_is_put_where_the_picture_is_pressed(common_page):
    page = common_page
    chosen(page, "Written word")
    page.locator("#eps").wait_for(state="hidden")
    page.locator("#attack-about").get_by_text("it reads nothing").wait_for()
    page.locator("#attack").click()
    verdict = page.locator("#attack-verdict")
    verdict.get_by_text("For comparison: with the harmless words").wait_for()
    assert "no limit: writes on the picture" in verdict.inner_text()
    unfold(page, "#attack-more")
    picture = page.locator("#perturbation img")
    box = picture.bounding_box()
    picture.click(position={"x": box["width"] / 4, "y": box["height"] / 4})
    for name in ("#place-x", "#place-y"):
        page.wait_for_function(
            "name => Math.abs(document.querySelector(name + ' input[type=number]').value - 0.25) < 0.04", arg=name
        )
