"""Two defences on the same kept pictures: what a browser counts, and the story behind a tile."""

from app import measured
from tests.e2e.test_page import open_step, pick_option, says

KEPT, ARM = measured.arms()["every-defence/adaptive-view-average-4"]


def counted(page, kind):
    return page.locator(f"#mosaic .{kind} .specks i").count()


def test_the_tiles_are_the_records_and_a_press_opens_one_as_a_story(page):
    open_step(page, 7)
    pick_option(page, "#mosaic-arm", "PGD through the defence View average, 4/255")
    pair = ARM.pair("a-tpt", "r-tpt")
    split = f"{pair['only_first']} : {pair['only_second']}, cannot be told apart"
    page.locator("#mosaic .note").get_by_text(split).wait_for()
    assert f"p = {pair['p']:.2f}" in page.inner_text("#mosaic .note")
    assert [counted(page, kind) for kind in ("only-left", "only-right")] == [pair["only_first"], pair["only_second"]]
    assert counted(page, "both") + counted(page, "neither") + pair["only_first"] + pair["only_second"] == KEPT.pictures

    page.focus("#mosaic .mosaic")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    answers = zip(ARM.right["a-tpt"], ARM.right["r-tpt"], strict=True)
    number = next(place for place, both in enumerate(answers) if both == (True, False))
    said = page.locator("#mosaic .mosaic-about")
    said.get_by_text(f"Specimen {number}: {KEPT.truths[number]}.").wait_for()
    assert ARM.answers["r-tpt"][number] in " ".join(said.inner_text().split())
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")

    page.locator("#picture-question").get_by_text(f"Specimen {number} of the series 11").wait_for()
    page.locator("#status").get_by_text("Attacking").wait_for()
    page.click("#stop")
    says(page, "Stopped")
    assert page.input_value("#seed input") == str(11_000_033 + number)
    assert page.input_value("#true-class input") == KEPT.truths[number]
    assert (
        page.input_value("#attack-steps input[type=number]") == "20"
        and page.input_value("#eps input[type=number]") == "4"
    )
