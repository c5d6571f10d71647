"""Every step of a whole story, light and dark, wide and narrow: it fits the screen, with no serious WCAG violation."""

import os
from pathlib import Path

import pytest

from tests.e2e.axe import serious
from tests.e2e.conftest import first_sample
from tests.e2e.test_page import few_views, open_step, says

LOOKS = [(1280, "light"), (390, "light"), (390, "dark"), (1280, "dark")]
PHOTOGRAPHED = os.environ.get("SCREENSHOTS", "")  # the folder that pictures of every step are asked for in
PLAIN = [look for look in LOOKS if look != (390, "light")]  # colours of both widths are the same


def look_at(page, number):
    """Open a step and let the browser lay it out and draw it: it is all there, and nothing on it moves."""
    open_step(page, number)
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


def photograph(page, name, **how):
    """Take a picture of the page where a folder is named for it, once everything on the page is loaded."""
    if PHOTOGRAPHED:
        page.wait_for_timeout(400)
        page.screenshot(path=Path(PHOTOGRAPHED, f"{name}.png"), **how)


@pytest.fixture(scope="module")
def told(context, address):
    """A page after the whole story, of few views unless it is photographed, and all of step 3; and the widths and
    themes that it has been shown in."""
    opened = context.new_page()
    first_sample(opened, address)
    photograph(opened, "1280-light-first")
    if not PHOTOGRAPHED:
        few_views(opened)
    opened.click("#run-story")
    says(opened, "The whole story (ran|is)")
    open_step(opened, 3)
    for button, said in (("#look-inside", "All heads"), ("#read-words", "Words read"), ("#every-run", "Every map")):
        opened.click(button)
        says(opened, said)
    yield opened, [(1280, "light")]
    opened.close()


@pytest.fixture(scope="module", params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def shown(request, told, address):
    """The told story in a width and theme, and their names: run in them, or loaded in them anew and restored.

    Where only the width is another and nothing is photographed, the window is made as wide: either width and either
    theme is once that of a fresh page.
    """
    opened, looks = told
    width, theme = request.param
    if looks[-1] != request.param:
        opened.set_viewport_size({"width": width, "height": 800})
    if looks[-1] != request.param and (PHOTOGRAPHED or looks[-1][1] != theme):
        first_sample(opened, address, theme)
        photograph(opened, f"{width}-{theme}-first", style="#restore { display: none !important }")
        opened.click("#restore [data-do=restore]")
        says(opened, "Restored: everything is as it was")
    looks.append(request.param)
    return opened, f"{width}-{theme}"


def test_every_step_fits_the_screen_and_is_photographed_on_request(shown):
    page, name = shown
    for number in range(1, 7):
        look_at(page, number)
        photograph(page, f"{name}-{number}", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"step {number} is too wide"
    open_step(page, 3)
    for part in ("#heads [data-index]", "#words-read .weighed", "#every table"):
        assert page.locator(part).first.is_visible(), part


@pytest.mark.parametrize("shown", PLAIN, indirect=True, ids=lambda look: f"{look[0]}-{look[1]}")
def test_no_step_has_a_serious_violation(shown):
    """Of what axe-core finds: nothing that it holds to be serious or critical."""
    page, _ = shown
    assert serious(page) == []
