"""Maps on a visitor's own photograph: laid out for its shape, lifted by pointing, downloaded over the whole of it."""

import numpy as np
import pytest
from PIL import Image

from tests.e2e.test_page import open_step, put, says

SHAPES = {"panorama [1].png": (900, 200), "tower.png": (150, 900)}
FIGURES = (
    "(all) => all.map((each) => { const {width, height} = each.getBoundingClientRect(); return [width, height]; })"
)


@pytest.fixture
def ask(page, tmp_path):
    """A function that opens a picture of such a size and draws its maps after a short attack."""

    def opened(name):
        levels = np.random.default_rng(1).integers(60, 256, (9, 9, 3), dtype=np.uint8)
        Image.fromarray(levels).resize(SHAPES[name], Image.Resampling.BICUBIC).save(tmp_path / name)
        page.set_input_files("#upload input[type=file]", tmp_path / name)
        page.locator("#picture-question").get_by_text(name).wait_for()
        open_step(page, 2)
        put(page, "#attack-steps", "2")
        open_step(page, 3)
        page.click("#look")
        says(page, "Maps drawn")
        return tmp_path / name

    return opened


def save(page, button):
    with page.expect_download() as coming:
        button.click()
    return coming.value.suggested_filename, np.asarray(Image.open(coming.value.path()))


def test_a_map_lifts_where_somebody_points_and_is_downloaded_at_the_pictures_own_size(page, ask):
    path = ask("panorama [1].png")
    seen = page.locator("#maps .seen").first
    seen.locator("[data-cell='0']").hover()
    page.locator("#maps .map .fine").first.get_by_text("row 1, column 1: ").wait_for()
    assert page.locator("#maps .seen mask ellipse").count() == 1
    page.hover("#status")
    page.locator("#maps .map .fine").first.get_by_text("strongest cell").wait_for()
    assert page.locator("#maps .seen mask").count() == 0

    name, drawn = save(page, page.locator("#maps [data-save]").first)
    says(page, "the download has started")
    assert name.startswith("panorama [1]-relevance-") and name.endswith("-clean.png")
    original = np.asarray(Image.open(path))
    assert drawn.shape == original.shape
    changed = (drawn != original).any((0, 2))
    assert not changed[:340].any() and not changed[560:].any() and changed[360:540].all()  # the middle square
    page.click("#look-inside")
    says(page, "All heads drawn")
    name, drawn = save(page, page.locator("#head-opened [data-save]").last)
    assert "-head-1-difference" in name and drawn.shape == original.shape


def test_every_kind_of_map_lies_on_the_picture_and_lifts_too(page, ask):
    ask("panorama [1].png")
    page.click("#every-run")
    says(page, "Every map drawn")
    key = page.get_attribute("#originals image", "id")
    kinds = page.locator("#every tbody tr").count()
    assert page.locator("#every .map.small").count() == page.locator(f"#every use[href='#{key}']").count() == 2 * kinds
    for use in page.eval_on_selector_all("#panel-3 use", "(all) => all.map((use) => use.getAttribute('href'))"):
        assert page.locator(use).count() == 1  # what is used is on the page, once
    last = page.locator("#every .map.small").last
    last.locator(".cells").hover()
    last.locator(".fine").get_by_text("here ").wait_for()
    name, drawn = save(page, last.locator("[data-save]"))
    assert name == "panorama [1]-edges-attacked.png" and drawn.shape == (200, 900, 3)


@pytest.mark.parametrize("name", SHAPES)
def test_the_maps_of_a_class_fit_a_screen_and_none_is_tiny(page, ask, name):
    ask(name)
    measured = {}
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        rows = page.eval_on_selector_all(":is(#maps, #second-maps) .maps", FIGURES)
        measured[width] = rows, page.eval_on_selector_all(":is(#maps, #second-maps) .veil > :first-child", FIGURES)
    page.set_viewport_size({"width": 1280, "height": 800})
    for width, most in ((1280, 800), (390, 844)):
        rows, seen = measured[width]
        assert all(height <= most for _, height in rows), width
        assert all(min(each) >= 130 for each in seen), width
