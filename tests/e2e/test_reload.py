"""After a reload the tab is offered what it had, and nobody else is."""

from tests.e2e.conftest import at_rest, first_sample, step_1_opens, streams_of
from tests.e2e.test_page import SAMPLES, open_step, put, says


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

    page.evaluate("document.documentElement.dataset.newer = ''")  # as all methods have answered here
    page.locator("#restore").wait_for(state="hidden")
    page.evaluate("delete document.documentElement.dataset.newer")
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


def test_the_address_bar_holds_a_link_as_long_as_it_opens_what_is_shown(page):
    streams = streams_of(page)
    open_step(page, 2)
    page.click("#link")
    page.wait_for_url("**picture=sample+0**")
    open_step(page, 4)
    assert "picture=sample+0" in page.url
    at_rest(page, streams)
    with step_1_opens(page):
        page.click("#samples [data-index='2']")
    page.wait_for_url(lambda url: "picture" not in url)
    page.go_back()
    page.locator("#panel-4").wait_for(state="visible")
    page.go_back()
    page.locator("#panel-2").wait_for(state="visible")
    assert "picture" not in page.url and page.url.endswith("#step-2")
    page.click("#link")
    page.wait_for_url("**picture=sample+2**")
    put(page, "#eps", "2")
    page.wait_for_url(lambda url: "picture" not in url)
    assert page.url.endswith("#step-2")


def test_an_opened_link_leaves_the_address_bar_with_the_picture_that_it_opened(browser, address):
    page = browser.new_page()
    page.goto(f"{address}?picture=sample+2&eps=2&norm=linf&step=2&__theme=light")
    page.locator("#card-2.done").wait_for(timeout=120_000)
    page.locator("#status .good").wait_for()
    assert "picture=sample+2" in page.url
    with step_1_opens(page):
        page.click("#samples [data-index='1']")
    page.wait_for_url(lambda url: "picture" not in url and "__theme=light" in url)
    page.close()
