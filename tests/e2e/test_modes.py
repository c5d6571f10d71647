"""The page as something else: slides for a room."""

from tests.e2e.test_page import says

FITS = """(number) => {
  const panel = document.querySelector(`#panel-${number}`), type = (part) => {
    const seen = [...panel.querySelectorAll(part)].find((each) => each.getBoundingClientRect().height);
    return parseFloat(getComputedStyle(seen).fontSize) * seen.currentCSSZoom;
  };
  const scrolls = document.documentElement.scrollHeight - innerHeight;
  return [panel.scrollHeight - panel.clientHeight, scrolls, type('.note, h2, .says')];
}"""


def test_presented_steps_turn_by_arrow_keys_large_and_one_a_screen(kept_page):
    page = kept_page
    page.click("#run-story")
    says(page, "The whole story ran")
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.click("#present")
    assert not page.locator("#inputs").is_visible() and page.locator("#panel-6").is_visible()
    for number in (5, 4, 3, 2, 1):
        page.keyboard.press("ArrowLeft")
        page.locator(f"#panel-{number}").wait_for(state="visible")
        beyond, scrolls, size = page.evaluate(FITS, number)
        assert beyond <= 3 and scrolls <= 0 and size >= 44, (number, beyond, scrolls, size)
    page.keyboard.press("PageDown")
    page.locator("#panel-2").wait_for(state="visible")
    page.keyboard.press("Escape")
    page.locator("#inputs").wait_for(state="visible")
    size = "(part) => parseFloat(getComputedStyle(part).fontSize) * part.currentCSSZoom"
    assert all(
        page.locator(part).first.evaluate(size) >= 16 for part in ("#panel-2 .caption p", ".card-detail", ".info-text")
    )
    page.set_viewport_size({"width": 1280, "height": 800})
