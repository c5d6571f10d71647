"""After a reload the tab is offered what it had, and nobody else is."""

from tests.e2e.conftest import at_rest, first_sample, step_1_opens, streams_of
from tests.e2e.test_page import SAMPLES, open_step, says


def reload(page, streams):
    at_rest(page, streams)
    page.reload()
    page.get_by_text("which is right").first.wait_for(state="attached")


def test_a_reload_offers_the_last_result_with_its_settings(context, address, loaded):
    page, streams = loaded, streams_of(loaded)
    assert not page.locator("#restore").is_visible()
    reload(page, streams)
    assert not page.locator("#restore").is_visible()
    with step_1_opens(page):
        page.set_input_files("#upload input[type=file]", str(SAMPLES / "bird-1.png"))
    page.locator("#picture-question").get_by_text("bird-1.png").first.wait_for()
    page.locator("#picture-bars").get_by_text("No true class is given").wait_for()
    open_step(page, 2)
    page.fill("#attack-steps input[type=number]", "3")
    page.click("#attack")
    says(page, "Attack finished")
    cards, measured = page.locator("#journey .card").all_inner_texts(), page.inner_text("#attack-measured section")
    names = page.input_value("#class-names textarea")

    reload(page, streams)
    page.locator("#restore").get_by_text("“bird-1.png”").wait_for()
    stranger = context.new_page()  # another tab of the same browser, to which the first one is nobody's either
    first_sample(stranger, address)
    assert not stranger.locator("#restore").is_visible()
    stranger.close()

    page.click("#restore [data-do=restore]")
    says(page, "Restored: everything is as it was")
    page.locator("#panel-2").wait_for(state="visible")
    assert page.locator("#journey .card").all_inner_texts() == cards
    assert page.inner_text("#attack-measured section") == measured
    assert page.input_value("#attack-steps input[type=number]") == "3"
    assert page.input_value("#class-names textarea") == names
    assert page.input_value("#true-class input").startswith("Not given")
    assert not page.locator("#restore").is_visible()
    page.click("#attack")
    says(page, "Attack finished")
    assert page.locator("#journey .card").all_inner_texts() == cards

    reload(page, streams)
    page.click("#restore [data-do=forget]")
    says(page, "Forgotten")
    reload(page, streams)
    assert not page.locator("#restore").is_visible()
