"""Step 3's lens in a browser: the layers are moved through without the server, a patch tells its words."""

from tests.e2e.test_page import open_step, says, unfold

SLID = """() => {
  const [canvas, slider] = ['canvas', 'input'].map((kind) => document.querySelector('#lens-grids ' + kind));
  const before = canvas.toDataURL();
  slider.value = '5';
  slider.dispatchEvent(new Event('input', {bubbles: true}));
  return [before, canvas.toDataURL()];
}"""


def test_a_slider_moves_through_the_layers_and_a_patch_tells_its_words(common_page):
    page = common_page
    open_step(page, 3)
    unfold(page, "#lens-fold")
    page.click("#read-patches")
    says(page, "Every patch read")
    page.locator("#lens-grids canvas").first.wait_for()
    assert page.locator("#lens-grids canvas").count() == 3
    page.locator("#lens-grids").get_by_text("After layer 6 of 6").wait_for()
    before, after = page.evaluate(SLID)  # in one go, so that no server could have answered
    assert before != after
    page.locator("#lens-grids").get_by_text("After layer 5 of 6").wait_for()
    page.locator("#lens-grids canvas").nth(1).click(position={"x": 4, "y": 4})
    page.locator("#lens-patch").get_by_text("the patch in row 1, column 1").locator("visible=true").wait_for()
    assert page.locator("#lens-patch tbody tr:visible").count() == 5
    page.locator("#lens-grids canvas").nth(1).focus()
    page.keyboard.press("ArrowDown")
    page.locator("#lens-patch").get_by_text("the patch in row 2, column 1").locator("visible=true").wait_for()
    assert page.locator("#lens-grids").get_by_text("After layer 5 of 6").is_visible()
    page.click("#lens-patch [data-back]")
    page.locator("#lens-patch").get_by_text("Nearest words of the class token").locator("visible=true").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
