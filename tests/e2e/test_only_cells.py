"""The cells that an attack may change, on the picture itself: a button, a drag, the keyboard, and the badge."""


def _open(page):
    """The fold of PGD."""
    page.locator("#card-2").click()
    page.locator("#attack-menu input").click()
    page.get_by_role("option", name="PGD", exact=True).click()
    fold, marking = page.locator("#only-cells-fold").get_by_text("Only where"), page.locator(".marking")
    if not fold.is_visible():  # folds stay as the test before left them
        page.locator("#attack-more").get_by_text("More of this attack").click()
        fold.wait_for()
    if not marking.is_visible():
        fold.click()
    marking.wait_for()


def test_cells_are_marked_by_button_drag_and_keyboard_and_the_attack_keeps_to_them(common_page):
    page = common_page
    _open(page)
    said, field = page.locator(".marking-count"), page.locator(".marking-field")
    page.locator("#marking [data-do=nothing]").click()
    page.locator("#marking").get_by_text("Nothing may change").wait_for()
    field.scroll_into_view_if_needed()
    box, total = field.bounding_box(), page.locator(".marking-field i").count()
    columns = int(page.locator(".marking").get_attribute("data-columns"))
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 5, box["y"] + 5, steps=2 * columns)
    page.mouse.up()
    said.get_by_text(f"{columns} of {total} cells").wait_for()
    field.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    said.get_by_text(f"{columns + 1} of {total} cells").wait_for()
    page.locator("#attack").click()
    page.locator("#attack-verdict").get_by_text(f"may change {columns + 1} of {total} cells by at most").wait_for()
    page.locator("#marking [data-do=everything]").click()
    said.get_by_text(f"All {total} cells may change").wait_for()


def test_marks_are_drawn_whatever_else_of_the_fold_changes_and_stay_with_their_picture(common_page):
    page = common_page
    _open(page)
    page.locator("#marking [data-do=object]").click()
    said, dark = page.locator(".marking-count"), page.locator(".marking-field i.off")
    said.get_by_text("may change; everywhere else").wait_for()
    total, some = page.locator(".marking-field i").count(), dark.count()
    assert 0 < some < total
    page.locator(".marking-field").evaluate("field => field.querySelectorAll('i').forEach(cell => cell.className = '')")
    page.wait_for_function(f"document.querySelectorAll('.marking-field i.off').length === {some}")
    page.locator("#samples button[aria-pressed=false]").first.click()
    said.get_by_text(f"All {total} cells may change").wait_for(state="attached")  # step 1 is open
    assert dark.count() == 0
