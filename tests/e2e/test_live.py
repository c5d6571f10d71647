"""What follows a control at once, and going back to what one has looked at."""

from tests.e2e.conftest import step_1_opens
from tests.e2e.test_page import open_step, put, says


def measured(page, limit):
    page.locator("#attack-measured").get_by_text(f"within {float(limit):.2f}/255").wait_for()


def quick_attack(page, limit):
    """An attack of two steps, which no other visitor of the page has asked for."""
    open_step(page, 2)
    put(page, "#attack-steps", "2")
    put(page, "#eps", limit)
    page.click("#attack")
    says(page, "Attack finished")
    measured(page, limit)


def test_what_takes_little_time_follows_a_control_and_its_maps_too(page):
    quick_attack(page, "5.1")
    page.click("#card-3")
    page.click("#look")
    says(page, "Maps drawn")
    overlap = page.inner_text("#card-3")
    open_step(page, 2)
    put(page, "#eps", "9.3")
    measured(page, "9.3")
    page.wait_for_function("was => document.querySelector('#card-3').innerText !== was", arg=overlap)
    assert not page.locator("#stale-2 .stale").count()


def test_switched_off_it_waits_for_the_button(page):
    page.uncheck("#live input")
    quick_attack(page, "5.2")
    put(page, "#eps", "9.4")
    page.locator("#stale-2").get_by_text("5.2, now 9.4").wait_for()
    measured(page, "5.2")
    page.check("#live input")
    measured(page, "9.4")


def test_one_goes_back_to_what_one_has_looked_at_and_forward_again(page):
    limit = "#eps input[type=number]"
    quick_attack(page, "5.3")
    put(page, "#eps", "9.5")
    measured(page, "9.5")
    with step_1_opens(page):
        page.click("#samples [data-index='0']")  # which is there already, and so is what was computed
    says(page, "all that was computed on it is still there")
    assert "Fooled" in page.inner_text("#card-2") or "Held" in page.inner_text("#card-2")
    page.click("#samples [data-index='3']")
    page.locator("#card-2").get_by_text("Not run yet").wait_for()
    page.click("#undo")
    says(page, "Back at what you looked at")
    open_step(page, 2)
    measured(page, "9.5")
    assert page.input_value(limit) == "9.5"
    page.click("#undo")
    measured(page, "5.3")
    assert page.input_value(limit) == "5.3"
    page.click("#redo")
    says(page, "Forward again to what you looked at")
    measured(page, "9.5")
    page.click("#redo")
    page.locator("#card-2").get_by_text("Not run yet").wait_for()
    page.click("#redo")
    says(page, "nothing further that way")


def test_what_a_control_moves_is_dim_before_the_server_hears_of_it_until_its_own_is_drawn(page):
    opacity = "([id, wanted]) => getComputedStyle(document.querySelector(id)).opacity === wanted"
    quick_attack(page, "5.4")
    page.click("#card-3")
    page.click("#look")
    says(page, "Maps drawn")
    open_step(page, 2)
    held = []
    page.route("**/queue/join*", lambda route: held.append(route))
    put(page, "#eps", "9.6")
    page.wait_for_function("() => document.querySelector('#eps input[type=number]').value === '9.6'")
    for moved, wanted in (("#attack-measured", "0.4"), ("#maps", "0.4"), ("#picture-bars", "1")):
        assert page.evaluate(opacity, [moved, wanted]), moved
    for route in held:
        route.continue_()
    page.unroute("**/queue/join*")
    measured(page, "9.6")
    page.wait_for_function(opacity, arg=["#attack-measured", "1"])
