"""What a visitor does besides the whole story: single steps, changes of mind, mistakes."""

import json
import re
from pathlib import Path

from playwright.sync_api import TimeoutError

from engine import AttackSettings, Classes, attack, load_backbone, load_picture

SAMPLES = Path(__file__).resolve().parents[2] / "assets" / "samples"

IDLE = """() => new Promise((then) => {
  requestAnimationFrame(() => requestAnimationFrame(() => requestIdleCallback(() => then(), {timeout: 5000})));
})"""


def says(page, words):
    page.locator("#status").get_by_text(re.compile(words)).wait_for()


def pick_option(page, menu, words):
    """Choose in a menu; one that closes, because the page was about to draw it again, is opened anew.

    Each time it is waited longer: on a busy machine the next drawing comes from having left the menu.
    """
    option = page.get_by_role("option").filter(has_text=words).first
    for seconds in (3, 6, 12, 24, 48):
        page.click(f"{menu} input")
        try:
            option.click(timeout=1000 * seconds)
            return
        except TimeoutError:
            page.keyboard.press("Escape")
    raise AssertionError(f"{menu} offers no “{words}”")


def put(page, field, value):
    page.fill(f"{field} input[type=number]", value)
    page.locator(f"{field} input[type=number]").blur()


def unfold(page, fold):
    """Open a part where it is folded. The first time, Gradio sets what is in it once more a frame later, over any value
    put there before; people do not see it before that. A busy machine is given until it has nothing else to do."""
    button = page.locator(f"{fold} > button").first
    if "open" not in (button.get_attribute("class") or ""):
        button.click()
    page.evaluate(IDLE)


def open_step(page, number):
    page.click(f"#card-{number}")
    page.locator(f"#panel-{number}").wait_for(state="visible")


def few_views(page):
    """Ask for eight views, so that what is made of them is soon done; step 4 is open afterwards."""
    open_step(page, 4)
    put(page, "#views", "8")


def test_another_sample_brings_its_own_question(page):
    samples = json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))
    page.click("#samples [data-index='2']")
    page.locator("#picture-question").get_by_text(samples[2]["question"]).wait_for()
    assert page.input_value("#class-names textarea").splitlines() == samples[2]["classes"]
    assert page.input_value("#true-class input") == samples[2]["truth"]


def test_a_page_that_nothing_is_asked_of_comes_to_rest(kept_page):
    rested = "() => new Promise((then) => { const n = window.asked; setTimeout(() => then(n === window.asked), 500); })"
    assert any(kept_page.evaluate(rested) for _ in range(20))


def test_single_steps_run_what_they_need_and_stay_where_the_visitor_is(kept_page):
    page = kept_page
    open_step(page, 5)
    page.click("#tune-step")
    says(page, "Step 1 done")
    page.click("#tune-step")
    says(page, "Step 2 done")
    assert "2 steps" in page.inner_text("#card-5") and page.locator("#panel-5").is_visible()
    open_step(page, 4)
    page.click("#view-grid [data-index='7']")
    page.locator("#view-title").get_by_text("View 7 opened").wait_for()
    open_step(page, 3)
    page.click("#look")
    says(page, "Maps drawn")
    assert (
        page.locator(":is(#maps, #second-maps) .map > svg").count() == 6
    )  # clean, attacked, difference; for the truth and for the new answer


def test_the_measured_change_is_the_engines(kept_page):
    page = kept_page
    sample = json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))[0]
    backbone = load_backbone()
    classes = Classes(tuple(sample["classes"]))
    pixels = backbone.prepare(load_picture(SAMPLES / sample["file"]).image)
    *_, hit = attack(backbone, pixels, classes, AttackSettings(), classes.index(sample["truth"]))
    open_step(page, 2)
    page.click("#attack")
    says(page, "Attack finished")
    told = page.inner_text("#attack-measured")
    assert f"{hit.l2():.3f}" in told and f"{hit.l2(False):.3f}" in told and "4/255" in told


def test_a_result_belongs_to_its_settings_and_is_back_with_them(page):
    page.uncheck("#live input")
    open_step(page, 2)
    page.click("#attack")
    says(page, "Attack finished")
    measured, card = page.inner_text("#attack-measured section"), page.inner_text("#card-2")
    put(page, "#eps", "3.7")  # which no other visitor has asked for: results of samples are everybody's
    page.locator("#stale-2").get_by_text("Limit ε, n/255: 4, now 3.7").wait_for()
    page.locator("#card-2").get_by_text("Not with these settings yet").wait_for()
    says(page, "Step 2 still shows, dimmed, what was made with other settings")
    assert page.inner_text("#attack-measured section") == measured  # still there to look at, but dimmed
    assert float(page.evaluate("getComputedStyle(document.querySelector('#attack-measured')).opacity")) < 0.5
    put(page, "#eps", "4")
    page.locator("#stale-2 .stale").wait_for(state="detached")
    assert (page.inner_text("#attack-measured section"), page.inner_text("#card-2")) == (measured, card)
    assert page.evaluate("getComputedStyle(document.querySelector('#attack-measured')).opacity") == "1"
    put(page, "#eps", "3.7")
    page.locator("#stale-2 .stale").wait_for()
    page.click("#attack")
    says(page, "Attack finished")
    page.locator("#stale-2 .stale").wait_for(state="detached")
    assert "within 3.70/255" in page.inner_text("#attack-measured section")
